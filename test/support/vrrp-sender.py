"""Another VRRP router on the segment, as it sounds: multicast adverts twice a second. usage: vrrp-sender.py SOURCE VRID...

Version 2 as in RFC 3768 5.1, for 192.168.77.1, priority 100, one second between adverts.
"""

import socket
import struct
import sys
import time

source, vrids = sys.argv[1], [int(word) for word in sys.argv[2:]]
sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(source))
sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def advert(vrid):
    def packet(summed):
        head = struct.pack("!BBBBBBH", 0x21, vrid, 100, 1, 0, 1, summed)
        return head + socket.inet_aton("192.168.77.1") + bytes(8)

    return packet(checksum(packet(0)))


while True:
    for vrid in vrids:
        sender.sendto(advert(vrid), ("224.0.0.18", 0))
    time.sleep(0.5)
