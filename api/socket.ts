/**
 * The charge points' WebSocket endpoint, `/ocpp/{identity}`: decides about an upgrade request, whichever transport carries it. A refusal is
 * plain HTTP before the upgrade, with the cause and the cure as its body, because installers read it in a browser or with curl.
 */
import type { ChargePoints } from "../actors/charge_points.ts";
import type { Log } from "../actors/log.ts";
import type { ChargePoint } from "../db/charge_points.ts";
import { ENDPOINT, identityFromTarget, offersSubprotocol, SUBPROTOCOL } from "../ocpp/handshake.ts";

/** An upgrade request, as far as it is looked at. Header names are lower case. */
export interface UpgradeRequest {
  readonly method: string;
  /** The request target exactly as it came, not normalised. */
  readonly target: string;
  header(name: string): string | undefined;
  readonly secure: boolean;
  readonly remoteAddress: string;
}

/** An HTTP answer instead of the upgrade. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Decision =
  | { readonly accepted: true; readonly chargePoint: ChargePoint }
  | { readonly accepted: false; readonly refusal: Refusal };

/** What the endpoint needs of the house. */
export interface SocketHouse {
  readonly chargePoints: ChargePoints;
  readonly log: Log;
}

/** Why the path names no charge point, for the installer. */
const PATH_PROBLEMS = {
  notAnEndpoint: `Charge points connect at ${ENDPOINT}/{identity}.`,
  noIdentity: `The path ends before the identity. Charge points connect at ${ENDPOINT}/{identity}.`,
  tooManySegments:
    `There is more than the identity behind ${ENDPOINT}/. Some charge points add it themselves: leave it out of the address then.`,
  badCharacters:
    "The identity may have 1 to 48 letters, digits, blanks and ._:@+*=~- and must be percent-encoded UTF-8.",
} as const;

/** Decides about one upgrade request, in the order path, handshake, identity, security profile, credentials, subprotocol. */
export async function decide(request: UpgradeRequest, house: SocketHouse): Promise<Decision> {
  const path = identityFromTarget(request.target);
  if (!path.ok) return refuse(path.problem === "badCharacters" ? 400 : 404, PATH_PROBLEMS[path.problem]);
  const wrong = handshakeProblem(request);
  if (wrong) return { accepted: false, refusal: wrong };

  const admission = await house.chargePoints.admit({
    identity: path.identity,
    authorization: request.header("authorization"),
    secure: request.secure,
    remoteAddress: request.remoteAddress,
  });
  if (!admission.admitted) {
    const { status, cause, cure, retryAfterSeconds } = admission;
    house.log.warn(`${path.identity} was refused with ${status}: ${cause}`, { address: request.remoteAddress, cure });
    return refuse(status, `${path.identity} was refused: ${cause}. ${cure}`, {
      ...(status === 401 && { "www-authenticate": 'Basic realm="OCPP", charset="UTF-8"' }),
      ...(retryAfterSeconds && { "retry-after": String(retryAfterSeconds) }),
    });
  }
  const offered = request.header("sec-websocket-protocol");
  // OCPP-J 3.2 would finish the handshake and close; certification case 088 wants no upgrade at all.
  if (!offersSubprotocol(offered)) {
    house.log.warn(`${path.identity} was refused with 400: it offers ${offered ?? "no subprotocol"}`, {
      address: request.remoteAddress,
    });
    return refuse(400, `Only the subprotocol ${SUBPROTOCOL} is spoken here; ${offered ?? "none"} was offered.`);
  }
  return { accepted: true, chargePoint: admission.chargePoint };
}

/** RFC 6455 4.2.1, the parts that libraries forgive. */
function handshakeProblem(request: UpgradeRequest): Refusal | undefined {
  if (request.method !== "GET") return refusal(405, "A WebSocket starts with GET.", { allow: "GET" });
  if (request.header("upgrade")?.toLowerCase() !== "websocket") {
    return refusal(426, "Charge points connect here with a WebSocket.", { upgrade: "websocket" });
  }
  if (request.header("sec-websocket-version") !== "13") {
    return refusal(426, "Only version 13 of the WebSocket protocol is spoken here.", { "sec-websocket-version": "13" });
  }
  if (!/^[A-Za-z0-9+/]{22}==$/.test(request.header("sec-websocket-key") ?? "")) {
    return refusal(400, "Sec-WebSocket-Key is missing or is not 16 bytes in base64.");
  }
  return undefined;
}

function refuse(status: number, body: string, headers: Record<string, string> = {}): Decision {
  return { accepted: false, refusal: refusal(status, body, headers) };
}

function refusal(status: number, body: string, headers: Record<string, string> = {}): Refusal {
  return { status, body: `${body}\n`, headers: { "content-type": "text/plain; charset=utf-8", ...headers } };
}
