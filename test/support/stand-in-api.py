"""Stands in for a Kubernetes API server. usage: stand-in-api.py PORT CERTIFICATE-AND-KEY

One port speaks HTTPS (to what watches the server) and plain HTTP (to clients that are many and quick): a TLS record begins
with byte 22. Whatever is asked, the answer is the name of the host.
"""

import socket
import ssl
import sys
import threading

port, certificate = int(sys.argv[1]), sys.argv[2]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate)
name = socket.gethostname().encode()
answer = b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(name), name)


def serve(connection):
    try:
        connection.settimeout(2)
        if connection.recv(1, socket.MSG_PEEK) == b"\x16":
            connection = context.wrap_socket(connection, server_side=True)
        connection.recv(4096)
        connection.sendall(answer)
    except OSError:
        pass  # The client went away; it says so itself.
    finally:
        connection.close()


server = socket.create_server(("", port), backlog=128)
while True:
    accepted, _ = server.accept()
    threading.Thread(target=serve, args=(accepted,), daemon=True).start()
