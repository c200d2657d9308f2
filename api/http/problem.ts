/**
 * Every error of the API is a problem document (RFC 9457). The catalogue names each kind once, with its status and title; a route
 * throws `Problem`, and what the rooms below throw is translated here. Whatever is unexpected becomes a 500 that tells a stranger
 * nothing but a trace id, under which the log has the rest.
 */
import { z } from "zod";
import { CommandRefused } from "../../actors/charge_point/command_refusals.ts";
import type { Log } from "../../actors/runtime/log.ts";
import { StoreError } from "../../db/engine/errors.ts";
import { FolderError } from "../../db/firmware_management/file_folder.ts";
import { BadCursor } from "../../db/engine/list_page.ts";
import { maskSecrets } from "../../ocpp/secrets.ts";

const CATALOGUE = {
  "invalid-request": [400, "The request is not valid"],
  "invalid-json": [400, "The body is not JSON"],
  "body-incomplete": [400, "The body did not come to its end"],
  "unauthorized": [401, "An API key is needed"],
  "forbidden": [403, "The API key's role does not allow this"],
  "not-found": [404, "There is no such resource"],
  "charge-point-unknown": [404, "There is no such charge point"],
  "method-not-allowed": [405, "This resource has no such method"],
  "charge-point-offline": [409, "The charge point is not connected"],
  "not-queueable": [409, "The charge point is not connected, and this must not be done late"],
  "not-accepted": [409, "The charge point's registration does not allow this"],
  "boot-notification-not-triggerable": [409, "An accepted charge point must not be asked to boot"],
  "security-profile-not-lowered": [409, "The security profile is never lowered over OCPP"],
  "local-list-busy": [409, "The local list is being synchronised already"],
  "charge-point-in-another-site": [409, "A charge point belongs to one site at most"],
  "firmware-campaign-state": [409, "The state of the firmware campaign does not allow this"],
  "file-in-use": [409, "A firmware campaign needs the file"],
  "command-not-queued": [409, "The command is no longer queued"],
  "upload-received": [409, "A file has come already"],
  "reservation-ambiguous": [409, "Several charge points have a reservation with this id"],
  "idempotency-key-in-use": [409, "The first request with this Idempotency-Key is still running"],
  "idempotency-key-interrupted": [409, "The first request with this Idempotency-Key was interrupted"],
  "request-timeout": [408, "The body came too slowly"],
  "gone": [410, "The address is over"],
  "content-too-large": [413, "The body is too large"],
  "unsupported-media-type": [415, "The body is not of a type that is read here"],
  "range-not-satisfiable": [416, "The file has no such range"],
  "idempotency-key-reuse": [422, "The Idempotency-Key belongs to another request"],
  "too-many-attempts": [429, "Too many unknown API keys came from this address"],
  "command-queue-full": [429, "Too many commands wait for the charge point"],
  "internal-error": [500, "The request failed for a reason of ours"],
  "database-unavailable": [503, "The database did not answer"],
  "not-ready": [503, "Not ready to serve"],
  "too-many-transfers": [503, "Too many files are on their way"],
  "insufficient-storage": [507, "The file could not be kept"],
} as const;

/** The stable last part of a problem's `type`. */
export type ProblemSlug = keyof typeof CATALOGUE;

/** Every kind of problem, as the OpenAPI document lists them. */
export const PROBLEMS = Object.entries(CATALOGUE).map(([slug, [status, title]]) => ({
  type: `/problems/${slug}`,
  status,
  title,
}));

/** One thing that is wrong with the request, and where: a JSON pointer into its body, query, path or headers. */
export interface Fault {
  readonly in: "body" | "query" | "path" | "header";
  readonly pointer: string;
  readonly detail: string;
}

/** Thrown by routes; becomes the answer. */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    readonly slug: ProblemSlug,
    readonly detail: string,
    readonly more: { readonly errors?: readonly Fault[]; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail);
  }
}

/** 404 with a sentence that names what is missing. */
export function notFound(detail: string): Problem {
  return new Problem("not-found", detail);
}

/** The connection ended before the body did; nobody is there to read this, and it is no fault of ours. */
export function incomplete(): Problem {
  return new Problem("body-incomplete", "The connection ended before the body did");
}

/** 400 for one fault. */
export function invalid(fault: Fault): Problem {
  return new Problem("invalid-request", fault.detail, { errors: [fault] });
}

/** The document as it is described in OpenAPI. */
export const ProblemDocument = z.object({
  type: z.string().meta({ description: "A relative URI; its last part is stable", example: "/problems/not-found" }),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string().meta({ description: "The path that was asked for" }),
  errors: z.array(
    z.object({ in: z.enum(["body", "query", "path", "header"]), pointer: z.string(), detail: z.string() }),
  )
    .optional(),
  traceId: z.string().meta({ description: "Under this the log tells more" }),
}).meta({ id: "Problem", description: "An error, after RFC 9457" });

/** The answer to a request that failed. Only what no route meant to throw and is no client's fault is logged, with its cause. */
export function problemResponse(error: unknown, request: Request, log: Log): Response {
  const { slug, detail, more } = problemFor(error);
  const [status, title] = CATALOGUE[slug];
  const instance = pathOf(request.url);
  const traceId = crypto.randomUUID();
  if (status >= 500 && !(error instanceof Problem)) {
    // The path may hold the token of an address, which is good for another try.
    log.error(`${request.method} ${pathOf(String(maskSecrets(request.url)))} failed: ${title}`, { traceId, error });
  }
  return Response.json(
    { type: `/problems/${slug}`, title, status, detail, instance, errors: more.errors, traceId },
    { status, headers: { ...more.headers, "Content-Type": "application/problem+json", "Cache-Control": "no-store" } },
  );
}

function pathOf(url: string): string {
  return new URL(url).pathname;
}

/** The same for who is no operator and reads no problem documents: a sentence. */
export function plainResponse(error: unknown, request: Request, log: Log): Response {
  const problem = problemResponse(error, request, log);
  const headers = new Headers(problem.headers);
  headers.set("Content-Type", "text/plain; charset=utf-8");
  const { detail } = problemFor(error);
  return new Response(`${detail}\n`, { status: problem.status, headers });
}

/** The HTTP status that an error is answered with. */
export function statusOf(error: unknown): number {
  return CATALOGUE[problemFor(error).slug][0];
}

const SOON = { headers: { "Retry-After": "5" } };

/** What an error is called. */
export function problemFor(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof CommandRefused) {
    return new Problem(error.slug, error.detail, error.slug === "command-queue-full" ? SOON : {});
  }
  if (error instanceof FolderError) {
    return error.kind === "tooLarge"
      ? new Problem("content-too-large", error.message)
      : new Problem("insufficient-storage", "See the log for what the disk said");
  }
  if (error instanceof BadCursor) {
    return invalid({ in: "query", pointer: "/cursor", detail: "The cursor is not one that this list has given" });
  }
  if (error instanceof StoreError && error.kind === "unknownOutcome") {
    return new Problem("database-unavailable", "Whether the request took effect is not known", SOON);
  }
  return new Problem("internal-error", "The trace id leads to the cause in the log");
}
