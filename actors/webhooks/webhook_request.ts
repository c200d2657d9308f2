/**
 * One request to a webhook. The host name is resolved for each request, all its addresses are checked, and the connection is made to a checked
 * address, so that the name cannot change in between (DNS rebinding). Redirects are not followed. One time limit covers the look-up, the
 * connection and the answer.
 */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import type { AttemptOutcome } from "../../db/webhook_deliveries.ts";
import type { Clock } from "../runtime/clock.ts";
import { type Head, hostOf, orAborted, post, type Target } from "./pinned_http_post.ts";
import type { Settings } from "../settings/settings.ts";

/** The settings that allow or refuse targets. */
export type TargetRules = Pick<Settings, "webhookHttp" | "webhookPrivateTargets">;

/** For the look-up, the connection and the answer together. */
const TIMEOUT_MS = 5000;

const ERROR_MAX_LENGTH = 300;

/** Why a URL cannot be a target, without a DNS look-up; undefined: it can. */
export function targetProblem(text: string, rules: TargetRules): string | undefined {
  const url = URL.parse(text);
  if (!url) return "Not a URL";
  if (url.protocol === "http:" && rules.webhookHttp === "refuse") {
    return "Only https: is allowed; set CHARGEHAND_WEBHOOK_HTTP=allow to allow http:, too";
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return "Only https: is allowed";
  if (url.username !== "" || url.password !== "") {
    return "A user or password in the URL is not allowed: requests are signed instead";
  }
  const host = hostOf(url);
  return isIP(host) === 0 ? undefined : addressProblem(host, rules);
}

function addressProblem(address: string, { webhookPrivateTargets }: TargetRules): string | undefined {
  if (webhookPrivateTargets === "allow" || isPublicAddress(address)) return undefined;
  return `${address} is not a public address; set CHARGEHAND_WEBHOOK_PRIVATE_TARGETS=allow to allow it`;
}

const GLOBAL_UNICAST = ipaddr.parseCIDR("2000::/3");

/**
 * Whether a text is an IP address on the public internet, by IANA's registries of special addresses. IPv6 addresses outside global unicast do not
 * count as public, so that an IPv4 address that is wrapped in IPv6 is refused.
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.parse(address);
  return parsed.range() === "unicast" && (parsed.kind() === "ipv4" || parsed.match(GLOBAL_UNICAST));
}

/** Posts a body and returns the outcome. Never throws. */
export async function postWebhook(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  rules: TargetRules,
  clock: Clock,
): Promise<AttemptOutcome> {
  const beganMs = clock.monotonicMs();
  const abort = new AbortController();
  const cancel = clock.after(TIMEOUT_MS, () => abort.abort(new Error(`No answer within ${TIMEOUT_MS / 1000} s`)));
  try {
    const target = await orAborted(targetOf(new URL(url), rules), abort.signal);
    const head = await post(target, headers, body, abort.signal, cancel);
    return { ...outcomeOf(head, clock.now()), latencyMs: clock.monotonicMs() - beganMs };
  } catch (error) {
    cancel();
    const message = (error instanceof Error ? error.message : String(error)).slice(0, ERROR_MAX_LENGTH);
    return { status: null, error: message || "The connection failed", latencyMs: clock.monotonicMs() - beganMs };
  }
}

/** Resolves the host name and checks all its addresses. */
async function targetOf(url: URL, rules: TargetRules): Promise<Target> {
  const problem = targetProblem(url.href, rules);
  if (problem !== undefined) throw new Error(problem);
  const host = hostOf(url);
  if (isIP(host) !== 0) return { url, address: host };
  const addresses = (await lookup(host, { all: true })).map(({ address }) => address);
  for (const address of addresses) {
    const problem = addressProblem(address, rules);
    if (problem !== undefined) throw new Error(`${host}: ${problem}`);
  }
  if (addresses[0] === undefined) throw new Error(`${host} has no address`);
  return { url, address: addresses[0] };
}

function outcomeOf({ status, headers }: Head, now: Date): Omit<AttemptOutcome, "latencyMs"> {
  if (status >= 200 && status < 300) return { status, error: null };
  const redirect = status >= 300 && status < 400 ? "; redirects are not followed" : "";
  return {
    status,
    error: `It answered ${status}${redirect}`,
    retryAfterSeconds: retryAfter(headers.get("retry-after"), now),
    gone: status === 410,
  };
}

/** RFC 9110 10.2.3: seconds, or a date. */
function retryAfter(value: string | undefined, now: Date): number {
  if (value === undefined) return 0;
  const seconds = /^\d{1,9}$/.test(value) ? Number(value) : (Date.parse(value) - now.getTime()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : 0;
}
