/** One control connection: reads lines, answers them one after the other, and ends when nothing is said for a while. */
import type { Socket } from "node:net";
import type { House } from "../../house.ts";
import { Problem, problemFor, statusOf } from "../../problem.ts";
import { Commands, type FtpPatience } from "./commands.ts";
import type { Reply } from "./reply.ts";

/** Longer ones are nobody's: our addresses have less than 300. */
const LINE_BYTES = 2048;

/** Commands that may wait for the one before them. */
const WAITING_MAX = 32;

/** Answers that a peer may leave unread. */
const UNREAD_BYTES = 65_536;

/** What the statuses of the HTTP way are called here (RFC 959 4.2); all others are 550. */
const CODES: Readonly<Record<number, number>> = { 400: 426, 408: 426, 413: 552, 500: 451, 503: 450, 507: 452 };

export class Session {
  readonly #commands: Commands;
  readonly #waiting: string[] = [];
  #partial = new Uint8Array(0);
  #isAnswering = false;
  #stopTimer = () => {};

  constructor(
    readonly socket: Socket,
    readonly house: House,
    readonly patience: FtpPatience,
    readonly ended: () => void,
  ) {
    this.#commands = new Commands(socket, house, patience, (reply) => this.#say(reply));
    socket.on("error", () => {}); // "close" follows
    socket.on("data", (bytes: Uint8Array) => this.#read(bytes));
    socket.on("end", () => this.close());
    socket.on("close", () => this.close());
    this.#say([220, "Chargehand"]);
    this.#listen();
  }

  /** Cuts it, with whatever is on its way. */
  close(): void {
    this.#stopTimer();
    this.#waiting.length = 0;
    this.#commands.end();
    this.socket.destroy();
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
      this.#say(reply);
    }
    this.#isAnswering = false;
    if (!this.socket.destroyed) this.#listen();
  }

  #listen(): void {
    this.#stopTimer();
    this.#stopTimer = this.house.clock.after(
      this.patience.commandMs,
      () => this.#part([421, "Nothing was said for long"]),
    );
  }

  #say([code, text]: Reply): void {
    if (this.socket.destroyed) return;
    const [last, ...before] = text.split("\n").reverse() as [string, ...string[]];
    const lines = [
      ...before.reverse().map((line, index) => index === 0 ? `${code}-${line}` : ` ${line}`),
      `${code} ${last}`,
    ];
    this.socket.write(lines.map((line) => `${line.replaceAll("\r", " ")}\r\n`).join(""));
    if (this.socket.writableLength > UNREAD_BYTES) this.close();
  }

  /** The last words. */
  #part(reply: Reply): void {
    this.#say(reply);
    this.socket.end(() => this.close());
    this.#stopTimer();
    this.#stopTimer = this.house.clock.after(this.patience.stallMs, () => this.close());
  }

  #refusal(error: unknown): Reply {
    const status = statusOf(error);
    if (status >= 500 && !(error instanceof Problem)) this.house.log.error("A transfer over FTP failed", { error });
    return [CODES[status] ?? 550, problemFor(error).detail];
  }
}
