import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const servers: Server[] = [];

/** Ends every server of `serve`: for `afterEach`. */
export function closeServers(): void {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
}

/** A server on 127.0.0.1. `seen` are its requests, with the range that each asked for. */
export async function serve(answer: Answer): Promise<{ url: string; server: Server; seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push([request.url, request.headers.range].filter((word) => word !== undefined).join(' '));
    answer(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { url: `http://127.0.0.1:${address.port}`, server, seen };
}

/** Serves these bytes by path, with ranges as real servers do; 404 for any other. */
export function servingFiles(files: Readonly<Record<string, string | Uint8Array>>): Answer {
  return (request, response) => {
    const file = files[request.url ?? ''];
    if (file === undefined) return response.writeHead(404).end();
    const bytes = Buffer.from(file);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from === 0) return response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    if (from >= bytes.length) return response.writeHead(416).end();
    const range = { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
    response.writeHead(206, { ...range, 'content-length': bytes.length - from }).end(bytes.subarray(from));
  };
}
