/**
 * A Central System of a hundred lines that does what a test says, over a real socket. Every request and confirmation of the
 * charge point is held against the official schemas; what they object to is collected in `problems`.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
// @ts-types="npm:@types/ws@8.18.1"
import { type WebSocket, WebSocketServer } from "ws";
import { problemsOfConfirmation, problemsOfRequest } from "../conformance/schemas.ts";
import { within } from "../conformance/within.ts";
import { type Answer, answerText, callText, Fault, type Payload, readFrame } from "./frames.ts";

/** A CALL of the charge point. */
export interface SeenCall {
  readonly id: string;
  readonly action: string;
  readonly payload: Payload;
}

/** How one action is answered; `attempt` counts from 1. */
export type Script = (payload: Payload, attempt: number) => Answer;

const DEFAULTS: Record<string, Script> = {
  BootNotification: () => ({ status: "Accepted", currentTime: new Date().toISOString(), interval: 300 }),
  Heartbeat: () => ({ currentTime: new Date().toISOString() }),
  Authorize: () => ({ idTagInfo: { status: "Accepted" } }),
  StartTransaction: (_payload, attempt) => ({ transactionId: 1000 + attempt, idTagInfo: { status: "Accepted" } }),
};

/** One scripted Central System on a free port. */
export class ScriptedCentralSystem implements AsyncDisposable {
  /** All CALLs so far, oldest first. */
  readonly calls: SeenCall[] = [];
  /** What the official schemas object to. */
  readonly problems: string[] = [];
  /** The last upgrade request. */
  upgrade: IncomingMessage | undefined;
  /** Answers upgrades with this HTTP status line instead. */
  refusal: string | undefined;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #scripts = new Map<string, Script>(Object.entries(DEFAULTS));
  readonly #attempts = new Map<string, number>();
  readonly #asked = new Map<string, { action: string; resolve: (answer: Payload | Fault) => void }>();
  #waiting: { action: string; resolve: (call: SeenCall) => void }[] = [];
  #taken = 0;
  #untaken: SeenCall[] = [];
  #socket: WebSocket | undefined;

  private constructor(server: Server) {
    this.#server = server;
    server.on("upgrade", (request, socket, head) => {
      this.upgrade = request;
      if (this.refusal) {
        return void socket.end(`HTTP/1.1 ${this.refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      }
      this.#sockets.handleUpgrade(request, socket, head, (opened) => {
        this.#socket = opened;
        opened.on("message", (data) => this.#receive(opened, String(data)));
      });
    });
  }

  static async open(): Promise<ScriptedCentralSystem> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new ScriptedCentralSystem(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/ocpp`;
  }

  /** Answers an action in this way from now on. */
  on(action: string, script: Script): void {
    this.#scripts.set(action, script);
    this.#attempts.delete(action);
  }

  /** The next CALL of this action that was not taken yet. */
  next(action: string): Promise<SeenCall> {
    const index = this.#untaken.findIndex((call) => call.action === action);
    const [call] = index < 0 ? [] : this.#untaken.splice(index, 1);
    if (call) return Promise.resolve(call);
    const coming = new Promise<SeenCall>((resolve) => this.#waiting.push({ action, resolve }));
    return within(coming, `a ${action}`, () => `so far: ${this.calls.map((other) => other.action).join(", ")}`);
  }

  /** The actions that came since the last time this was asked. */
  takeActions(): string[] {
    const actions = this.calls.slice(this.#taken).map((call) => call.action);
    this.#taken = this.calls.length;
    this.#untaken = [];
    return actions;
  }

  /** Calls the charge point and waits for its answer. */
  ask(action: string, payload: Payload): Promise<Payload | Fault> {
    const id = crypto.randomUUID();
    this.problems.push(...problemsOfRequest(action, payload));
    const answer = new Promise<Payload | Fault>((resolve) => this.#asked.set(id, { action, resolve }));
    this.#socket?.send(callText(id, action, payload));
    return within(answer, `the answer to ${action}`);
  }

  sendText(text: string): void {
    this.#socket?.send(text);
  }

  /** Cuts the connection. */
  drop(): void {
    this.#socket?.terminate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #receive(socket: WebSocket, text: string): void {
    const frame = readFrame(text);
    if (frame.kind === "call") this.#answer(socket, frame);
    if (frame.kind === "result" || frame.kind === "error") {
      const asked = this.#asked.get(frame.id);
      this.#asked.delete(frame.id);
      if (frame.kind === "error") asked?.resolve(new Fault(frame.code, frame.description));
      else if (asked) {
        this.#judge(asked.action, problemsOfConfirmation(asked.action, frame.payload));
        asked.resolve(frame.payload);
      }
    }
  }

  #answer(socket: WebSocket, { id, action, payload }: SeenCall): void {
    this.#judge(action, problemsOfRequest(action, payload));
    const attempt = (this.#attempts.get(action) ?? 0) + 1;
    this.#attempts.set(action, attempt);
    const answer = this.#scripts.get(action)?.(payload, attempt) ?? {};
    if (answer !== "silence") socket.send(answerText(id, answer));
    const call = { id, action, payload };
    this.calls.push(call);
    const index = this.#waiting.findIndex((waiting) => waiting.action === action);
    const [waiting] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (waiting) waiting.resolve(call);
    else this.#untaken.push(call);
  }

  #judge(action: string, found: readonly string[]): void {
    this.problems.push(...found.map((problem) => `${action}: ${problem}`));
  }
}
