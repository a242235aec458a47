import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { z } from 'zod';
import { KonvoyError } from '../core/errors.ts';

/** What the lab's commands ask of its supervisor: one line of JSON each way over a Unix socket. */
export const controlRequest = z.discriminatedUnion('do', [
  z.object({ do: z.literal('status') }),
  z.object({ do: z.literal('start'), host: z.string() }),
  z.object({ do: z.literal('stop'), host: z.string() }),
  z.object({ do: z.literal('kill'), host: z.string(), stayDown: z.boolean() }),
  z.object({ do: z.literal('cut'), host: z.string(), cut: z.boolean() }),
  z.object({ do: z.literal('save'), snapshot: z.string() }),
  z.object({ do: z.literal('restore'), snapshot: z.string() }),
]);
export type ControlRequest = z.infer<typeof controlRequest>;

const controlAnswer = z.union([
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), message: z.string(), hint: z.string().optional() }),
]);
type ControlAnswer = z.infer<typeof controlAnswer>;

/** Asks the supervisor. Fails where nobody listens, and with the supervisor's own words where it refuses. */
export async function askSupervisor(socketPath: string, request: ControlRequest): Promise<unknown> {
  const socket = connect(socketPath);
  await once(socket, 'connect');
  socket.setEncoding('utf8');
  socket.end(`${JSON.stringify(request)}\n`);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  if (text === '') throw new KonvoyError('the supervisor of the lab ended before it answered');
  const answer = controlAnswer.parse(JSON.parse(text));
  if (!answer.ok) throw new KonvoyError(answer.message, { hint: answer.hint });
  return answer.value;
}

/** Answers on the socket until the process ends. The caller handles one request at a time or not, as it likes. */
export async function serveControl(
  socketPath: string,
  handle: (request: ControlRequest) => Promise<unknown>,
): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('end', () => {
      void answer(text, handle).then((reply) => socket.end(`${JSON.stringify(reply)}\n`));
    });
  });
  server.listen(socketPath);
  await once(server, 'listening');
  return server;
}

async function answer(text: string, handle: (request: ControlRequest) => Promise<unknown>): Promise<ControlAnswer> {
  try {
    return { ok: true, value: (await handle(controlRequest.parse(JSON.parse(text)))) ?? null };
  } catch (error) {
    const hint = error instanceof KonvoyError ? error.hint : undefined;
    return { ok: false, message: error instanceof Error ? error.message : String(error), ...(hint ? { hint } : {}) };
  }
}
