/**
 * What a route is. Each resource's file declares its routes with `route`: path, who may ask, what may be sent and what is
 * answered, each said once. Authentication, validation, the OpenAPI document and the test that walks all routes follow from it.
 */
import type { z } from "zod";
import type { ServedFile } from "./file_answer.ts";
import type { ReceivedFile, TakesFile } from "./file_body.ts";
import type { App } from "./app.ts";
import type { Operator, Role } from "./operator.ts";

/** The least role that may ask; `open` needs no key. */
export type Access = "open" | Role;

/** What a route's `handle` is given: everything checked, decoded, and no more than was declared. */
export interface Asked<
  Params = unknown,
  Query = unknown,
  Body = unknown,
  A extends Access = Role,
  File = ReceivedFile | undefined,
> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** What came, where the route takes a file; removed afterwards unless it was kept. */
  readonly file: File;
  readonly operator: A extends "open" ? null : Operator;
  readonly headers: Headers;
  readonly app: App;
}

/** What a route answers. `body` goes through the answer's schema, which encodes times and leaves out what it does not name. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  /** Instead of a body: an answer without an end, of the route's `stream` type. */
  readonly stream?: ReadableStream<Uint8Array>;
  /** Instead of a body: a file, of which the part is sent that was asked for. */
  readonly file?: ServedFile;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The schema of each status that a route answers with; the problems are understood. */
export type Answers = Readonly<Record<number, z.ZodType>>;

type AnswerOf<A extends Answers> =
  | {
    [Status in keyof A]: {
      readonly status: Status;
      readonly body: z.output<A[Status]>;
      readonly headers?: Answer["headers"];
    };
  }[keyof A]
  | { readonly status: 200; readonly stream: ReadableStream<Uint8Array> }
  | { readonly status: 200; readonly file: ServedFile };

/** A route as the table has it. */
export interface Route {
  readonly method: "get" | "put" | "post" | "patch" | "delete";
  /** In OpenAPI's form: `/v1/id-tags/{idTag}`. */
  readonly path: string;
  readonly access: Access;
  /** The heading under which the OpenAPI document has it. */
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodObject;
  /** The parameter at the end that takes all that is left of the path, slashes and nothing included. */
  readonly rest?: string;
  readonly query?: z.ZodObject;
  /** JSON. A request without a body counts as `{}`. Where a file is taken: the other fields of its form, which are texts. */
  readonly body?: z.ZodType;
  /** The request brings a file, which is on the disk before `handle` is called. */
  readonly takes?: TakesFile<Asked>;
  /** A whole body that works. */
  readonly example?: unknown;
  readonly answers: Answers;
  /** The media type of an answer that is text. Without it answers are JSON. */
  readonly contentType?: string;
  /** The media type of the stream that may be answered instead. */
  readonly stream?: string;
  /** The query flag with which a GET also sends a command, so that it is kept in the audit log. */
  readonly sendsIf?: string;
  /** The items of a list that is also there as CSV, a column for each field. */
  readonly csv?: z.ZodObject;
  /** For charge points and their loaders: problems are a sentence instead of a document. */
  readonly plain?: boolean;
  handle(asked: Asked): Promise<Answer> | Answer;
}

type Output<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** A route as it is declared: its handler is typed by what the schemas say. */
interface Declared<A, Responses extends Answers, Params, Query, Body, Asking>
  extends Omit<Route, "access" | "params" | "query" | "body" | "takes" | "answers" | "handle"> {
  readonly access: A;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly answers: Responses;
  handle(asked: Asking): Promise<AnswerOf<Responses>> | AnswerOf<Responses>;
}

/** Declares a route. The identity function, typed so that `handle` gets and gives what the schemas say. */
export function route<
  const A extends Access,
  Responses extends Answers,
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(
  declared: Declared<
    A,
    Responses,
    Params,
    Query,
    Body,
    Asked<Output<Params>, Output<Query>, Output<Body>, A, undefined>
  >,
): Route {
  return declared as unknown as Route;
}

/** Declares a route whose requests bring a file. */
export function fileRoute<
  const A extends Access,
  Responses extends Answers,
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodObject | undefined = undefined,
>(
  declared:
    & Declared<A, Responses, Params, Query, Body, Asked<Output<Params>, Output<Query>, Output<Body>, A, ReceivedFile>>
    & { readonly takes: TakesFile<Asked<Output<Params>, Output<Query>, undefined, A, undefined>> },
): Route {
  return declared as unknown as Route;
}

/** 200 with a body. */
export function ok<T>(body: T): { readonly status: 200; readonly body: T } {
  return { status: 200, body };
}

/** 201 with the path of what was made. */
export function created<T>(body: T, location: string) {
  return { status: 201, body, headers: { Location: location } } as const;
}

/** 204. */
export const done = { status: 204, body: undefined } as const;
