/**
 * What a certificate prints besides Pass and Fail: how long the Central System took to answer, and whether its times have milliseconds.
 * Read off every text that went over any wire, by somebody who does not take part in the conversation.
 */
import type { Wire } from "./wire.ts";

/** Answer times in milliseconds. */
export interface Measured {
  readonly samples: number;
  readonly medianMs: number;
  readonly longestMs: number;
}

/** What was seen of the times that the Central System sent. */
export interface Timestamps {
  readonly seen: number;
  /** Those that are not UTC with milliseconds. */
  readonly wrong: readonly string[];
}

const LOOKS_LIKE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;
const UTC_WITH_MILLISECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Sees all texts; `see` fits `watchWires`. */
export class Observations {
  readonly #asked = new WeakMap<Wire, Map<string, { readonly action: string; readonly atMs: number }>>();
  readonly #tookMs: { readonly action: string; readonly ms: number }[] = [];
  readonly #wrongTimes: string[] = [];
  #times = 0;

  constructor(readonly monotonicMs: () => number = () => performance.now()) {}

  readonly see = (wire: Wire, direction: "sent" | "received", text: string): void => {
    const atMs = this.monotonicMs();
    const frame = parsed(text);
    if (direction === "received") this.#look(frame);
    if (!Array.isArray(frame)) return;
    const [type, id, action] = frame;
    const asked = this.#askedOn(wire);
    if (direction === "sent" && type === 2) asked.set(id, { action, atMs });
    const call = asked.get(id);
    if (direction === "sent" || type === 2 || !call) return;
    asked.delete(id);
    this.#tookMs.push({ action: call.action, ms: atMs - call.atMs });
  };

  /** Of one action, or of all. */
  measured(action?: string): Measured {
    const tookMs = this.#tookMs.filter((one) => action === undefined || one.action === action).map(({ ms }) => ms)
      .sort((a, b) => a - b);
    return {
      samples: tookMs.length,
      medianMs: tookMs[Math.floor(tookMs.length / 2)] ?? 0,
      longestMs: tookMs.at(-1) ?? 0,
    };
  }

  get timestamps(): Timestamps {
    return { seen: this.#times, wrong: this.#wrongTimes };
  }

  #askedOn(wire: Wire) {
    let asked = this.#asked.get(wire);
    if (!asked) this.#asked.set(wire, asked = new Map());
    return asked;
  }

  #look(value: unknown): void {
    if (typeof value === "string" && LOOKS_LIKE_TIME.test(value)) {
      this.#times++;
      if (!UTC_WITH_MILLISECONDS.test(value)) this.#wrongTimes.push(value);
    } else if (typeof value === "object" && value !== null) {
      for (const member of Object.values(value)) this.#look(member);
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
