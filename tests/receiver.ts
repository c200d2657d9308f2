/**
 * A receiver of webhooks for tests: an HTTP server on loopback that keeps each request and answers as the test configures it.
 * `assertSigned` checks a signature as Standard Webhooks defines it.
 */
import { assert } from "@std/assert";
import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One received request: its headers, its text, and the event in it. */
export interface Received {
  readonly id: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // deno-lint-ignore no-explicit-any -- tests look into events of every type
  readonly event: any;
  readonly text: string;
}

/** Answers a request: returns a status, or writes the response itself. */
export type Answering = (received: Received, response: ServerResponse) => number | void | Promise<number | void>;

/** A running receiver. */
export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly received: Received[];
  /** Decides how requests are answered; 204 until a test sets it. */
  answer: Answering;
  /** Resolves when `count` requests in total have been received. */
  whenReceived(count: number): Promise<void>;
}

/** Starts a receiver on a free port of 127.0.0.1. */
export async function startReceiver(): Promise<Receiver> {
  const waiting = new Set<() => void>();
  const received: Received[] = [];
  const server = createServer((request, response) => void take(request, response));
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const parts: Uint8Array[] = [];
    for await (const part of request) parts.push(part as Uint8Array);
    const text = new TextDecoder().decode(await new Blob(parts as BlobPart[]).arrayBuffer());
    const { headers } = request;
    const latest = { id: String(headers["webhook-id"]), headers, event: JSON.parse(text), text };
    received.push(latest);
    for (const check of waiting) check();
    const status = await receiver.answer(latest, response);
    if (typeof status === "number") response.writeHead(status).end();
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    answer: () => 204,
    whenReceived: (count) =>
      new Promise((resolve) => {
        const check = () => {
          if (received.length < count) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
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
  assert(
    String(headers["webhook-signature"]).split(" ").includes(`v1,${expected}`),
    "no signature of the request is valid",
  );
}
