/**
 * What an operator may not send although OCPP could carry it: an AuthorizationKey that would lock the charge point out, a lower
 * security profile, and addresses that no charge point can be meant to open. Everything else is sent without veto, also what a
 * strict reader of the specification would doubt: the charge point knows best.
 */
import type { FromCentralSystem, RequestOf } from "./registry.ts";
import { AUTHORIZATION_KEY, isHexKey, isSecretKey } from "./secrets.ts";

/** Why a request is not sent: `invalid` to any charge point, `conflict` to this one as it is now. */
export interface Objection {
  readonly kind: "invalid" | "conflict";
  /** JSON pointer into the request. */
  readonly pointer: string;
  readonly detail: string;
}

/** What the rules need to know of the charge point. */
export interface Target {
  readonly securityProfile: number;
}

type Rules = { readonly [N in FromCentralSystem]?: (request: RequestOf<N>, target: Target) => Objection | undefined };

const rules: Rules = {
  ChangeConfiguration: (request, target) => badKey(request) ?? lowerProfile(request, target),
  UpdateFirmware: ({ location }) => badLocation("/location", location),
  GetDiagnostics: ({ location }) => badLocation("/location", location),
  SignedUpdateFirmware: ({ firmware }) => badLocation("/firmware/location", firmware.location),
  GetLog: ({ log }) => badLocation("/log/remoteLocation", log.remoteLocation),
};

/** Why this request, already accepted by its schema, is not sent to this charge point; undefined when it is. */
export function objectionTo(action: FromCentralSystem, request: object, target: Target): Objection | undefined {
  const rule = rules[action] as ((request: object, target: Target) => Objection | undefined) | undefined;
  return rule?.(request, target);
}

/** Security white paper 2.3: another length is refused by the charge point at best, and locks it out at worst. */
function badKey({ key, value }: RequestOf<"ChangeConfiguration">): Objection | undefined {
  if (!isSecretKey(key) || isHexKey(value)) return undefined;
  return {
    kind: "invalid",
    pointer: "/value",
    detail: `${AUTHORIZATION_KEY} is 32 to 40 hex digits, two for each byte`,
  };
}

/** Security white paper A00.FR.005. A value that is no number is for the charge point to refuse. */
function lowerProfile({ key, value }: RequestOf<"ChangeConfiguration">, target: Target): Objection | undefined {
  const { securityProfile } = target;
  if (key.toLowerCase() !== "securityprofile" || !/^\d+$/.test(value) || Number(value) >= securityProfile) {
    return undefined;
  }
  const detail = `The charge point is on security profile ${securityProfile}; ${value} is lower`;
  return { kind: "conflict", pointer: "/value", detail };
}

/** Those of SupportedFileTransferProtocols (errata 3.88), and sftp: `file:` and the like point into the charge point itself. */
const LOCATION_SCHEMES = ["ftp:", "ftps:", "sftp:", "http:", "https:"];

function badLocation(pointer: string, location: string): Objection | undefined {
  const scheme = URL.canParse(location) ? new URL(location).protocol : "";
  if (LOCATION_SCHEMES.includes(scheme)) return undefined;
  return {
    kind: "invalid",
    pointer,
    detail: `Must be an absolute URL that begins with ${LOCATION_SCHEMES.join(", ")}`,
  };
}
