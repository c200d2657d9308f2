/**
 * The measurements that a certificate shows besides Pass and Fail: the Central System's answer times, and whether its times have milliseconds.
 * They are taken from every text on every wire.
 */
import type { Wire } from "./wire.ts";

/** A summary of answer times. */
export interface Measured {
  readonly samples: number;
  readonly medianMs: number;
  readonly longestMs: number;
}

/** The number of times that the Central System sent, and the times with a wrong form. */
export interface Timestamps {
  readonly seen: number;
  /** The times that are not UTC with milliseconds. */
  readonly wrong: readonly string[];
}

const LOOKS_LIKE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;
const UTC_WITH_MILLISECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Collects the measurements; `add` is a `WireListener`. */
export class Observations {
  readonly #openCalls = new WeakMap<Wire, Map<string, { readonly action: string; readonly atMs: number }>>();
  readonly #tookMs: { readonly action: string; readonly ms: number }[] = [];
  readonly #wrongTimes: string[] = [];
  #times = 0;

  constructor(readonly monotonicMs: () => number = () => performance.now()) {}

  readonly add = (wire: Wire, direction: "sent" | "received", text: string): void => {
    const atMs = this.monotonicMs();
    const frame = parsed(text);
    if (direction === "received") this.#checkTimes(frame);
    if (!Array.isArray(frame)) return;
    const [type, id, action] = frame;
    const openCalls = this.#openCallsOf(wire);
    if (direction === "sent" && type === 2) openCalls.set(id, { action, atMs });
    const call = openCalls.get(id);
    if (direction === "sent" || type === 2 || !call) return;
    openCalls.delete(id);
    this.#tookMs.push({ action: call.action, ms: atMs - call.atMs });
  };

  /** The answer times of one action, or of all actions. */
  measured(action?: string): Measured {
    const tookMs = this.#tookMs.filter((call) => action === undefined || call.action === action).map(({ ms }) => ms)
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

  #openCallsOf(wire: Wire) {
    let openCalls = this.#openCalls.get(wire);
    if (!openCalls) this.#openCalls.set(wire, openCalls = new Map());
    return openCalls;
  }

  #checkTimes(value: unknown): void {
    if (typeof value === "string" && LOOKS_LIKE_TIME.test(value)) {
      this.#times++;
      if (!UTC_WITH_MILLISECONDS.test(value)) this.#wrongTimes.push(value);
    } else if (typeof value === "object" && value !== null) {
      for (const member of Object.values(value)) this.#checkTimes(member);
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
