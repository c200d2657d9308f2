/** One control connection: reads lines, answers them one after the other, and ends when nothing is said for a while. */
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Certificate } from "../../actors/settings/ftp_certificate.ts";
import type { App } from "../http/app.ts";
import { Problem, problemFor, statusOf } from "../http/problem.ts";
import { Commands, type FtpPatience } from "./commands.ts";
import type { Reply } from "./reply.ts";

/** Longer ones are nobody's: our addresses have less than 300. */
const LINE_BYTES = 2048;

/** Commands that may wait for the one before them. */
const WAITING_MAX = 32;

/** All answers of a session; what a peer leaves unread is kept, and over `node:tls` of Deno 2.9 nobody knows how much that is. */
const SAID_BYTES = 262_144;

/** What the statuses of the HTTP way are called here (RFC 959 4.2); all others are 550. */
const CODES: Readonly<Record<number, number>> = { 400: 426, 408: 426, 413: 552, 500: 451, 503: 450, 507: 452 };

export class Session {
  readonly #commands: Commands;
  readonly #waiting: string[] = [];
  #partial = new Uint8Array(0);
  #isAnswering = false;
  #stopTimer = () => {};
  /** TLS over `control` once it has begun, else `control` itself. */
  #socket: Socket;
  #saidBytes = 0;

  /** `isImplicit`: TLS begins at once. */
  constructor(
    readonly control: Socket,
    readonly app: App,
    readonly patience: FtpPatience,
    isImplicit: boolean,
    readonly ended: () => void,
  ) {
    this.#socket = control;
    this.#commands = new Commands(control, app, patience, (reply) => this.#say(reply));
    this.#hear();
    const certificate = isImplicit ? this.#commands.protection.begin() : undefined;
    if (certificate) this.#beginTls(certificate);
    if (isImplicit && !certificate) this.#part([421, "The certificate cannot be used now"]);
    else this.#greet();
  }

  #greet(): void {
    this.#say([220, "Chargehand"]);
    this.#listen();
  }

  /** It is never paused: `node:tls` of Deno 2.9 would lose the end of what comes in. */
  #hear(): void {
    const socket = this.#socket;
    socket.on("error", () => {}); // "close" follows
    socket.on("data", (bytes: Uint8Array) => this.#read(bytes));
    socket.on("end", () => this.close());
    socket.on("close", () => this.close());
  }

  #beginTls({ secureContext }: Certificate): void {
    this.control.removeAllListeners("data").removeAllListeners("end");
    this.#socket = new TLSSocket(this.control, { isServer: true, secureContext });
    this.#hear();
  }

  /** Cuts it, with whatever is on its way. */
  close(): void {
    this.#stopTimer();
    this.#waiting.length = 0;
    this.#commands.end();
    this.#socket.destroy();
    this.control.destroy();
    this.ended();
  }

  #read(bytes: Uint8Array): void {
    const all = new Uint8Array([...this.#partial, ...bytes]);
    let from = 0;
    for (let at = all.indexOf(10); at >= 0; at = all.indexOf(10, from)) {
      this.#take(new TextDecoder().decode(all.subarray(from, Math.min(at, from + LINE_BYTES))));
      from = at + 1;
    }
    this.#partial = all.slice(from);
    if (this.#partial.length > LINE_BYTES || this.#waiting.length > WAITING_MAX) this.#part([421, "Too much at once"]);
    else if (!this.#isAnswering) void this.#answerAll();
  }

  #take(line: string): void {
    // Telnet's signals may stand before ABOR, which is the only command that is not waited with.
    const command = line.replace(/^[^A-Za-z]+/, "").replace(/\r$/, "");
    if (/^ABOR$/i.test(command)) this.#commands.abort();
    this.#waiting.push(command);
  }

  async #answerAll(): Promise<void> {
    this.#isAnswering = true;
    this.#stopTimer();
    for (let line = this.#waiting.shift(); line !== undefined; line = this.#waiting.shift()) {
      const reply = await this.#commands.answer(line).catch((error) => this.#refusal(error));
      if (reply[0] === 221) return this.#part(reply);
      // What came in clear behind AUTH may be anybody's, and would count as said under TLS.
      if (reply[0] === 234 && this.#hasMore) return this.#part([421, "Nothing may follow AUTH before its answer"]);
      this.#say(reply);
      if (reply[0] === 234) this.#beginTls(this.#commands.protection.ofControl!);
    }
    this.#isAnswering = false;
    if (!this.control.destroyed) this.#listen();
  }

  get #hasMore(): boolean {
    return this.#waiting.length > 0 || this.#partial.length > 0;
  }

  #listen(): void {
    this.#stopTimer();
    this.#stopTimer = this.app.clock.after(
      this.patience.commandMs,
      () => this.#part([421, "Nothing was said for long"]),
    );
  }

  #say([code, text]: Reply): void {
    if (this.#socket.destroyed) return;
    const [last, ...before] = text.split("\n").reverse() as [string, ...string[]];
    const lines = [
      ...before.reverse().map((line, index) => index === 0 ? `${code}-${line}` : ` ${line}`),
      `${code} ${last}`,
    ];
    const said = lines.map((line) => `${line.replaceAll("\r", " ")}\r\n`).join("");
    this.#saidBytes += said.length;
    if (this.#saidBytes > SAID_BYTES) this.close();
    else this.#socket.write(said);
  }

  /** The last words. */
  #part(reply: Reply): void {
    this.#say(reply);
    this.#socket.end(() => this.close());
    this.#stopTimer();
    this.#stopTimer = this.app.clock.after(this.patience.stallMs, () => this.close());
  }

  #refusal(error: unknown): Reply {
    const status = statusOf(error);
    if (status >= 500 && !(error instanceof Problem)) this.app.log.error("A transfer over FTP failed", { error });
    return [CODES[status] ?? 550, problemFor(error).detail];
  }
}
