/**
 * Who may come in. Decides about one connection attempt in the order identity, security profile, credentials, so that the answer tells the
 * installer the first thing to mend; every refusal names its cause and its cure.
 */
import type { ChargePoint, ChargePointFields, StoredCredentials } from "../db/charge_points.ts";
import type { Store } from "../db/store.ts";
import { basicCredentials } from "../ocpp/handshake.ts";
import { verifyPassword } from "./credentials.ts";
import type { Settings } from "./settings.ts";

/** A connection attempt, before the WebSocket exists. */
export interface Attempt {
  readonly identity: string;
  /** The Authorization header as it came. */
  readonly authorization: string | undefined;
  /** Whether the connection is known to be TLS. */
  readonly secure: boolean;
  readonly remoteAddress: string;
}

/** Let in with its row, or refused with an HTTP status and words for the installer. */
export type Admission =
  | { readonly admitted: true; readonly chargePoint: ChargePoint }
  | {
    readonly admitted: false;
    readonly status: 401 | 403 | 404 | 503;
    readonly cause: string;
    readonly cure: string;
    readonly retryAfterSeconds?: number;
  };

/** Decides. The registration of an unknown charge point, where the setting asks for it, is the one thing that is written. */
export async function admit(
  attempt: Attempt,
  house: { readonly store: Store; readonly settings: Settings },
  now: Date,
): Promise<Admission> {
  const { store, settings } = house;
  const known = await store.chargePoints.findForAdmission(attempt.identity);
  if (!known) return await admitUnknown(attempt, store, settings, now);
  const { securityProfile } = known;
  if (securityProfile >= 2 && !attempt.secure) {
    return refused(
      403,
      `it came without TLS, but its security profile is ${securityProfile}`,
      "Point the charge point at the wss:// address, or set its securityProfile to the one that it uses.",
    );
  }
  if (securityProfile === 0) return { admitted: true, chargePoint: known };
  if (!known.credentials && !known.pendingCredentials) {
    return refused(
      401,
      `its security profile is ${securityProfile}, but no password has been set`,
      `Set one with PUT /v1/charge-points/${attempt.identity}/credentials, or allow security profile 0 for it.`,
    );
  }
  return await checkCredentials(attempt, known, store);
}

type Known = NonNullable<Awaited<ReturnType<Store["chargePoints"]["findForAdmission"]>>>;

async function checkCredentials(attempt: Attempt, known: Known, store: Store): Promise<Admission> {
  const given = basicCredentials(attempt.authorization, attempt.identity);
  if (!given) {
    return refused(
      401,
      "it sent no HTTP Basic credentials",
      "Enter the password of this charge point in its settings.",
    );
  }
  if (given.user !== attempt.identity) {
    return refused(
      401,
      "the user name of its credentials is not its identity",
      `The user name is always the identity, here ${attempt.identity}.`,
    );
  }
  if (await matches(given.password, known.credentials)) return { admitted: true, chargePoint: known };
  // A new AuthorizationKey whose confirmation got lost: whichever of both keys comes is the one the charge point has.
  if (await matches(given.password, known.pendingCredentials)) {
    await store.chargePoints.promotePendingCredentials(attempt.identity);
    return { admitted: true, chargePoint: known };
  }
  return refused(
    401,
    "its password is wrong",
    "Compare the password in the charge point with the one that was set here.",
  );
}

async function matches(password: Uint8Array, stored: StoredCredentials | null): Promise<boolean> {
  return stored !== null && await verifyPassword(password, stored);
}

/** What a charge point that nobody has registered is registered as. */
const NEWCOMER: Omit<ChargePointFields, "registration"> = {
  securityProfile: 0,
  heartbeatInterval: null,
  labels: {},
  description: "",
  validation: "tolerant",
};

async function admitUnknown(attempt: Attempt, store: Store, settings: Settings, now: Date): Promise<Admission> {
  if (settings.unknownChargePoints === "reject") {
    return refused(
      404,
      "nobody has registered this identity",
      `Register it with PUT /v1/charge-points/${attempt.identity}, or correct the identity in the charge point.`,
    );
  }
  const registration = settings.unknownChargePoints === "pending" ? "Pending" : "Accepted";
  const chargePoint = await store.chargePoints.register(attempt.identity, { ...NEWCOMER, registration }, now);
  return { admitted: true, chargePoint };
}

function refused(status: 401 | 403 | 404, cause: string, cure: string): Admission {
  return { admitted: false, status, cause, cure };
}
