/** One control connection: reads command lines, replies to them one after the other, and closes when no command comes for a while. */
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Certificate } from "../../actors/settings/ftp_certificate.ts";
import type { App } from "../http/app.ts";
import { Problem, problemFor, statusOf } from "../http/problem.ts";
import { Commands, type FtpTimeouts } from "./commands.ts";
import { NO_CERTIFICATE } from "./protection.ts";
import type { Reply } from "./reply.ts";

/** The longest command line. A line with one of our addresses has fewer than 300 bytes. */
const LINE_BYTES = 2048;

/** The limit of commands that wait for the one before them. */
const WAITING_MAX = 32;

/** The limit for all replies of a session. Replies that a client does not read stay in memory, and `node:tls` of Deno 2.9 does not say how many. */
const REPLIES_BYTES = 262_144;

const TOO_MUCH: Reply = [
  421,
  `A command line has at most ${LINE_BYTES} bytes, and at most ${WAITING_MAX} commands may wait`,
];

/** The FTP code for each HTTP status of a problem (RFC 959 4.2); all others are 550. */
const CODES: Readonly<Record<number, number>> = { 400: 426, 408: 426, 413: 552, 500: 451, 503: 450, 507: 452 };

/** One client with its control connection, commands and TLS. */
export class Session {
  readonly #commands: Commands;
  readonly #waiting: string[] = [];
  #partial = new Uint8Array(0);
  #isAnswering = false;
  #stopTimer = () => {};
  /** The TLS socket over `control`, or before TLS `control` itself. */
  #socket: Socket;
  #repliedBytes = 0;

  /** `isImplicit`: TLS begins with the first byte. */
  constructor(
    readonly control: Socket,
    readonly app: App,
    readonly timeouts: FtpTimeouts,
    isImplicit: boolean,
    readonly ended: () => void,
  ) {
    this.#socket = control;
    this.#commands = new Commands(control, app, timeouts, (reply) => this.#reply(reply));
    this.#readSocket();
    const certificate = isImplicit ? this.#commands.protection.begin() : undefined;
    if (certificate) this.#beginTls(certificate);
    if (isImplicit && !certificate) this.#replyAndClose([421, NO_CERTIFICATE[1]]);
    else this.#greet();
  }

  #greet(): void {
    this.#reply([220, "Chargehand"]);
    this.#startTimer();
  }

  /** The socket is never paused: `node:tls` of Deno 2.9 would lose the end of the data. */
  #readSocket(): void {
    const socket = this.#socket;
    socket.on("error", () => {}); // "close" follows
    socket.on("data", (bytes: Uint8Array) => this.#read(bytes));
    socket.on("end", () => this.close());
    socket.on("close", () => this.close());
  }

  #beginTls({ secureContext }: Certificate): void {
    this.control.removeAllListeners("data").removeAllListeners("end");
    this.#socket = new TLSSocket(this.control, { isServer: true, secureContext });
    this.#readSocket();
  }

  /** Closes the connection and stops a running transfer. */
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
    if (this.#partial.length > LINE_BYTES || this.#waiting.length > WAITING_MAX) this.#replyAndClose(TOO_MUCH);
    else if (!this.#isAnswering) void this.#answerAll();
  }

  #take(line: string): void {
    // Telnet signals may precede ABOR, the only command that is carried out before the ones that wait.
    const command = line.replace(/^[^A-Za-z]+/, "").replace(/\r$/, "");
    if (/^ABOR$/i.test(command)) this.#commands.abort();
    this.#waiting.push(command);
  }

  async #answerAll(): Promise<void> {
    this.#isAnswering = true;
    this.#stopTimer();
    for (let line = this.#waiting.shift(); line !== undefined; line = this.#waiting.shift()) {
      const reply = await this.#commands.answer(line).catch((error) => this.#refusal(error));
      if (reply[0] === 221) return this.#replyAndClose(reply);
      // An attacker can insert commands in clear after AUTH. They must not count as sent under TLS (command injection).
      if (reply[0] === 234 && this.#hasMore) {
        return this.#replyAndClose([421, "Nothing may follow AUTH before its reply"]);
      }
      this.#reply(reply);
      if (reply[0] === 234) this.#beginTls(this.#commands.protection.ofControl!);
    }
    this.#isAnswering = false;
    if (!this.control.destroyed) this.#startTimer();
  }

  get #hasMore(): boolean {
    return this.#waiting.length > 0 || this.#partial.length > 0;
  }

  #startTimer(): void {
    this.#stopTimer();
    const { commandMs } = this.timeouts;
    this.#stopTimer = this.app.clock.after(
      commandMs,
      () => this.#replyAndClose([421, `No command arrived for ${commandMs / 1000} s`]),
    );
  }

  #reply([code, text]: Reply): void {
    if (this.#socket.destroyed) return;
    const [last, ...before] = text.split("\n").reverse() as [string, ...string[]];
    const lines = [
      ...before.reverse().map((line, index) => index === 0 ? `${code}-${line}` : ` ${line}`),
      `${code} ${last}`,
    ];
    const written = lines.map((line) => `${line.replaceAll("\r", " ")}\r\n`).join("");
    this.#repliedBytes += written.length;
    if (this.#repliedBytes > REPLIES_BYTES) this.close();
    else this.#socket.write(written);
  }

  /** Sends a last reply and ends the session. */
  #replyAndClose(reply: Reply): void {
    this.#reply(reply);
    this.#socket.end(() => this.close());
    this.#stopTimer();
    this.#stopTimer = this.app.clock.after(this.timeouts.stallMs, () => this.close());
  }

  #refusal(error: unknown): Reply {
    const status = statusOf(error);
    if (status >= 500 && !(error instanceof Problem)) this.app.log.error("A transfer over FTP failed", { error });
    return [CODES[status] ?? 550, problemFor(error).detail];
  }
}
