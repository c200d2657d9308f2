/**
 * Decides whether a connection attempt is accepted. It checks identity, security profile and credentials, in this order; without credentials it checks
 * for another open connection. A refusal has a cause and a cure, so that the installer knows what to correct first.
 */
import type { ChargePoint, ChargePointFields } from "../../db/charge_points.ts";
import type { Store } from "../../db/store.ts";
import { basicCredentials } from "../../ocpp/handshake.ts";
import { type Diagnosis, diagnosis } from "./connection_causes.ts";
import { type PasswordThrottle, verifyPassword } from "./credentials.ts";
import type { Settings } from "../settings/settings.ts";

/** A connection attempt, before the WebSocket exists. */
export interface Attempt {
  readonly identity: string;
  /** The Authorization header, unchanged. */
  readonly authorization: string | undefined;
  /** Whether the connection is known to be TLS. */
  readonly secure: boolean;
  readonly remoteAddress: string;
  /** A request without an upgrade, which only gets the answer that a charge point would get: nothing is written. */
  readonly onlyAsks?: boolean;
}

/** Admitted with its row, or refused with an HTTP status and a diagnosis for the installer. */
export type Admission =
  | { readonly admitted: true; readonly chargePoint: ChargePoint }
  | Diagnosis & {
    readonly admitted: false;
    readonly status: 401 | 403 | 404 | 409 | 429 | 503;
    readonly retryAfterSeconds?: number;
  };

/** The longest Retry-After during an outage of the database. */
const RETRY_AFTER_MAX_SECONDS = 30;

/** The parts of the app that the decision uses. */
export interface AdmissionApp {
  readonly store: Store;
  readonly settings: Settings;
  readonly passwordThrottle: PasswordThrottle;
  /** The address from which an identity was last seen, if it is not in its row yet. */
  unwritten(identity: string): { readonly remoteAddress: string } | undefined;
  /** The open connection of an identity. */
  connection(identity: string): { readonly remoteAddress: string; readonly lastSeenAt: Date } | undefined;
}

/** Decides about one attempt. It may register an unknown charge point (`unknownChargePoints`) and promote a pending password. Throws StoreError. */
export async function admit(attempt: Attempt, app: AdmissionApp, now: Date): Promise<Admission> {
  const { store, settings } = app;
  const known = await store.chargePoints.findForAdmission(attempt.identity);
  if (!known) return await admitUnknown(attempt, store, settings, now);
  const { securityProfile } = known;
  if (securityProfile >= 2 && !attempt.secure) {
    const found = `it connected without TLS, but its security profile is ${securityProfile}`;
    return refused(403, diagnosis("wrong-security-profile", found));
  }
  if (securityProfile === 0) {
    return contested(attempt, app, now) ?? { admitted: true, chargePoint: withoutKeys(known) };
  }
  if (!known.credentials && known.pendingCredentials.length === 0) {
    const found = `its security profile is ${securityProfile}, but no password has been set`;
    return refused(401, diagnosis("no-password-set", found, attempt.identity));
  }
  return await checkCredentials(attempt, known, app);
}

/**
 * With security profile 0 a charge point cannot prove its identity. So a client from another address must not replace a connection that is alive. The same
 * address may: it is the charge point itself after it lost its connection. Pings end a dead connection within two intervals.
 */
function contested({ identity, remoteAddress }: Attempt, app: AdmissionApp, now: Date): Admission | undefined {
  const incumbent = app.connection(identity);
  const deadAfterSeconds = 2 * app.settings.pingIntervalSeconds;
  if (!incumbent || incumbent.remoteAddress === remoteAddress) return undefined;
  if (now.getTime() - incumbent.lastSeenAt.getTime() > deadAfterSeconds * 1000) return undefined;
  const found =
    "it is connected from another address, and without a password the Central System cannot know which of them is right";
  return refused(409, diagnosis("identity-in-use", found), deadAfterSeconds);
}

type Known = NonNullable<Awaited<ReturnType<Store["chargePoints"]["findForAdmission"]>>>;

async function checkCredentials(attempt: Attempt, known: Known, app: AdmissionApp): Promise<Admission> {
  const given = basicCredentials(attempt.authorization, attempt.identity);
  if (!given) {
    return refused(401, diagnosis("no-credentials", "it sent no HTTP Basic credentials"));
  }
  const ownAddress = app.unwritten(attempt.identity)?.remoteAddress ?? known.remoteAddress;
  const waitSeconds = app.passwordThrottle.waitSeconds(attempt, ownAddress);
  if (waitSeconds > 0) return tooManyAttempts(waitSeconds);
  if (given.user !== attempt.identity) {
    const found = "the user name of its credentials is not its identity";
    return wrongPassword(attempt, app, diagnosis("wrong-user", found, attempt.identity));
  }
  if (known.credentials && await verifyPassword(given.password, known.credentials)) {
    return { admitted: true, chargePoint: withoutKeys(known) };
  }
  // The confirmation of a new AuthorizationKey may have been lost: the key that the charge point uses is the one that it has.
  for (const pending of known.pendingCredentials) {
    if (!await verifyPassword(given.password, pending)) continue;
    if (!attempt.onlyAsks) await app.store.chargePoints.promotePendingCredentials(attempt.identity, pending);
    return { admitted: true, chargePoint: withoutKeys(known) };
  }
  return wrongPassword(attempt, app, diagnosis("wrong-password", "its password is wrong"));
}

/** Removes the hashes, which a connection does not need: there may be many thousands of connections. */
function withoutKeys({ credentials: _, pendingCredentials: __, ...chargePoint }: Known): ChargePoint {
  return chargePoint;
}

function wrongPassword(attempt: Attempt, { passwordThrottle }: AdmissionApp, wrong: Diagnosis): Admission {
  const waitSeconds = passwordThrottle.failed(attempt);
  return waitSeconds > 0 ? tooManyAttempts(waitSeconds) : refused(401, wrong);
}

function tooManyAttempts(waitSeconds: number): Admission {
  const found = "there were too many wrong passwords from its address or for its identity";
  return refused(429, diagnosis("too-many-attempts", found), waitSeconds);
}

/** The fields with which an unknown charge point is registered. */
const UNKNOWN_CHARGE_POINT: Omit<ChargePointFields, "registration"> = {
  securityProfile: 0,
  heartbeatInterval: null,
  labels: {},
  description: "",
  validation: "tolerant",
};

async function admitUnknown(attempt: Attempt, store: Store, settings: Settings, now: Date): Promise<Admission> {
  if (settings.unknownChargePoints === "reject") {
    return refused(404, diagnosis("unknown-identity", "this identity is not registered", attempt.identity));
  }
  if (attempt.onlyAsks) {
    const cure = "It is registered when it connects with a WebSocket.";
    return refused(404, { cause: "unknown-identity", found: "this identity is not registered yet", cure });
  }
  const registration = settings.unknownChargePoints === "pending" ? "Pending" : "Accepted";
  const chargePoint = await store.chargePoints.register(
    attempt.identity,
    { ...UNKNOWN_CHARGE_POINT, registration },
    now,
  );
  return { admitted: true, chargePoint };
}

function refused(
  status: 401 | 403 | 404 | 409 | 429,
  diagnosis: Diagnosis,
  retryAfterSeconds?: number,
): Admission {
  return { admitted: false, status, ...diagnosis, retryAfterSeconds };
}

/** The refusal during an outage of the database. Retry-After depends on the identity, so that charge points do not all connect again in the same second. */
export function unavailable(identity: string): Admission {
  let hash = 0;
  for (const character of identity) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  return {
    admitted: false,
    status: 503,
    ...diagnosis("database-away", "the database does not answer"),
    retryAfterSeconds: 1 + hash % RETRY_AFTER_MAX_SECONDS,
  };
}
