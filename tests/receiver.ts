/**
 * A receiver of webhooks: a real HTTP server on loopback that checks each request as Standard Webhooks says, remembers it, and answers
 * as the test wants.
 */
import { assert } from "@std/assert";
import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as it came. */
export interface Received {
  readonly id: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // deno-lint-ignore no-explicit-any -- tests look into events of every type
  readonly event: any;
  readonly text: string;
}

/** Answers a request: a status, or whatever it does itself. */
export type Answering = (received: Received, response: ServerResponse) => number | void | Promise<number | void>;

export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly received: Received[];
  /** Replaces how requests are answered; 204 at first. */
  answer: Answering;
  /** Resolves when so many requests have come, the earlier ones included. */
  whenReceived(count: number): Promise<void>;
}

/** Starts a receiver. */
export async function startReceiver(): Promise<Receiver> {
  const waiting = new Set<() => void>();
  const received: Received[] = [];
  const server = createServer((request, response) => void take(request, response));
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const parts: Uint8Array[] = [];
    for await (const part of request) parts.push(part as Uint8Array);
    const text = new TextDecoder().decode(await new Blob(parts as BlobPart[]).arrayBuffer());
    const one = { id: String(request.headers["webhook-id"]), headers: request.headers, event: JSON.parse(text), text };
    received.push(one);
    for (const look of waiting) look();
    const status = await receiver.answer(one, response);
    if (typeof status === "number") response.writeHead(status).end();
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    answer: () => 204,
    whenReceived: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (received.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  return receiver;
}

/** Fails unless one of the signatures of a request was made with this secret. */
export function assertSigned({ id, headers, text }: Received, secret: string): void {
  const key = Uint8Array.fromBase64(secret.replace("whsec_", ""));
  const expected = createHmac("sha256", key).update(`${id}.${headers["webhook-timestamp"]}.${text}`).digest("base64");
  assert(String(headers["webhook-signature"]).split(" ").includes(`v1,${expected}`), "no signature fits");
}
