/**
 * A Central System for tests of the simulator, over a real socket: a test configures its answers. Every request and confirmation of the charge point is
 * validated with the official schemas; the errors are collected in `problems`.
 */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
// @ts-types="npm:@types/ws@8.18.1"
import { type WebSocket, WebSocketServer } from "ws";
import { problemsOfConfirmation, problemsOfRequest } from "../conformance/schemas.ts";
import { within } from "../conformance/within.ts";
import { type Answer, answerText, callText, Fault, type Payload, readFrame } from "./frames.ts";

/** A received CALL of the charge point. */
export interface ReceivedCall {
  readonly id: string;
  readonly action: string;
  readonly payload: Payload;
}

/** Answers one action; `attempt` counts the CALLs of this action from 1. */
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
  readonly calls: ReceivedCall[] = [];
  /** The errors of the official schemas. */
  readonly problems: string[] = [];
  /** The last upgrade request. */
  upgrade: IncomingMessage | undefined;
  /** When set, handshakes are refused with this HTTP status line. */
  refusal: string | undefined;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #scripts = new Map<string, Script>(Object.entries(DEFAULTS));
  readonly #attempts = new Map<string, number>();
  readonly #openCalls = new Map<string, { action: string; resolve: (answer: Payload | Fault) => void }>();
  #waiting: { action: string; resolve: (call: ReceivedCall) => void }[] = [];
  #taken = 0;
  #untaken: ReceivedCall[] = [];
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

  /** Sets the answers to an action. */
  on(action: string, script: Script): void {
    this.#scripts.set(action, script);
    this.#attempts.delete(action);
  }

  /** Returns the oldest CALL of this action that `next` has not returned yet, or waits for one. */
  next(action: string): Promise<ReceivedCall> {
    const index = this.#untaken.findIndex((call) => call.action === action);
    const [call] = index < 0 ? [] : this.#untaken.splice(index, 1);
    if (call) return Promise.resolve(call);
    const coming = new Promise<ReceivedCall>((resolve) => this.#waiting.push({ action, resolve }));
    return within(coming, `a ${action}`, () => `so far: ${this.calls.map((other) => other.action).join(", ")}`);
  }

  /** The actions of the CALLs since the last call of this method. */
  takeActions(): string[] {
    const actions = this.calls.slice(this.#taken).map((call) => call.action);
    this.#taken = this.calls.length;
    this.#untaken = [];
    return actions;
  }

  /** Sends a CALL to the charge point and waits for its answer. */
  call(action: string, payload: Payload): Promise<Payload | Fault> {
    const id = crypto.randomUUID();
    this.problems.push(...problemsOfRequest(action, payload));
    const answer = new Promise<Payload | Fault>((resolve) => this.#openCalls.set(id, { action, resolve }));
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
      const call = this.#openCalls.get(frame.id);
      this.#openCalls.delete(frame.id);
      if (frame.kind === "error") call?.resolve(new Fault(frame.code, frame.description));
      else if (call) {
        this.#addProblems(call.action, problemsOfConfirmation(call.action, frame.payload));
        call.resolve(frame.payload);
      }
    }
  }

  #answer(socket: WebSocket, { id, action, payload }: ReceivedCall): void {
    this.#addProblems(action, problemsOfRequest(action, payload));
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

  #addProblems(action: string, found: readonly string[]): void {
    this.problems.push(...found.map((problem) => `${action}: ${problem}`));
  }
}
