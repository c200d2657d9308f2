/** What the cases about local authorization lists have in common: setting what is desired, and one message of a synchronisation. */
import { assertEquals } from "@std/assert";
import type { Functionality } from "./functionality.ts";
import type { Tool } from "./tool.ts";

export const LOCAL_LISTS: Functionality = "Local Authorization List Management";

/** SendLocalList.req, as far as the cases read it. */
export interface SentList {
  readonly listVersion: number;
  readonly updateType: string;
  readonly localAuthorizationList: { readonly idTag: string; readonly idTagInfo?: { readonly status: string } }[];
}

/** Sets the desired list; what is told of each idTag is what the Central System knows of it. */
export async function desire({ operator, cp }: Tool, ...idTags: string[]): Promise<void> {
  await operator.put(`/v1/charge-points/${cp.identity}/local-list`, { entries: idTags.map((idTag) => ({ idTag })) });
}

/** Synchronises with one message, which is answered with this status; the outcome is the API's answer. */
export async function synchronise({ operator, cp }: Tool, updateType: "Full" | "Differential", status: string) {
  const answered = operator.startSync(cp.identity, updateType);
  await operator.asksOrRefuses(cp, "SendLocalList", answered);
  const request = await cp.expect("SendLocalList") as unknown as SentList;
  cp.confirm({ status });
  const { status: code, body: outcome } = await answered;
  assertEquals(code, 200);
  assertEquals(outcome.messages.map(({ confirmation }: { confirmation: unknown }) => confirmation), [{ status }]);
  return { request, outcome };
}
