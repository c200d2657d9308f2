/**
 * Requests that an operator may not send although OCPP allows them: an AuthorizationKey that locks the charge point out, a lower security
 * profile, and a URL with a scheme that is no file transfer. Every other valid request is sent: the charge point decides.
 */
import type { FromCentralSystem, RequestOf } from "./registry.ts";
import { AUTHORIZATION_KEY, isHexKey, isSecretKey } from "./secrets.ts";

/** The reason why a request is not sent. `invalid`: wrong for every charge point; `conflict`: wrong for the present state of this one. */
export interface Objection {
  readonly kind: "invalid" | "conflict";
  /** JSON pointer into the request. */
  readonly pointer: string;
  readonly detail: string;
}

/** The state of the charge point that the rules depend on. */
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

/** The reason why a request that fits its schema is not sent to this charge point; undefined: it may be sent. */
export function objectionTo(action: FromCentralSystem, request: object, target: Target): Objection | undefined {
  const rule = rules[action] as ((request: object, target: Target) => Objection | undefined) | undefined;
  return rule?.(request, target);
}

/** Security white paper 2.3: a key of another length may lock the charge point out. */
function badKey({ key, value }: RequestOf<"ChangeConfiguration">): Objection | undefined {
  if (!isSecretKey(key) || isHexKey(value)) return undefined;
  return {
    kind: "invalid",
    pointer: "/value",
    detail: `${AUTHORIZATION_KEY} must be 32 to 40 hex digits, two for each byte`,
  };
}

/** Security white paper A00.FR.005. A value that is not a number is sent: the charge point refuses it. */
function lowerProfile({ key, value }: RequestOf<"ChangeConfiguration">, target: Target): Objection | undefined {
  const { securityProfile } = target;
  if (key.toLowerCase() !== "securityprofile" || !/^\d+$/.test(value) || Number(value) >= securityProfile) {
    return undefined;
  }
  const detail = `The charge point has security profile ${securityProfile}, and OCPP must not lower it to ${value}`;
  return { kind: "conflict", pointer: "/value", detail };
}

/** The schemes of SupportedFileTransferProtocols (errata 3.88), and sftp. `file:` would name a file inside the charge point. */
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
