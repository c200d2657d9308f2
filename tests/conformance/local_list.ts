/** The steps that the cases about local lists share: setting the desired list, and a synchronisation of one message. */
import { assertEquals } from "@std/assert";
import type { Functionality } from "./functionality.ts";
import type { Tool } from "./tool.ts";

/** The group of these cases. */
export const LOCAL_LISTS: Functionality = "Local Authorization List Management";

/** The fields of SendLocalList.req that the cases read. */
export interface SentList {
  readonly listVersion: number;
  readonly updateType: string;
  readonly localAuthorizationList: { readonly idTag: string; readonly idTagInfo?: { readonly status: string } }[];
}

/** Sets the desired list to these idTags; the Central System adds the idTagInfo that it has stored. */
export async function setDesiredList({ operator, cp }: Tool, ...idTags: string[]): Promise<void> {
  await operator.put(`/v1/charge-points/${cp.identity}/local-list`, { entries: idTags.map((idTag) => ({ idTag })) });
}

/** Synchronises with one message, which the charge point answers with this status. Returns the request and the API's answer. */
export async function synchronise({ operator, cp }: Tool, updateType: "Full" | "Differential", status: string) {
  const answered = operator.startSync(cp.identity, updateType);
  await operator.whenSentOrRefused(cp, "SendLocalList", answered);
  const request = await cp.expect("SendLocalList") as unknown as SentList;
  cp.confirm({ status });
  const { status: code, body: outcome } = await answered;
  assertEquals(code, 200);
  assertEquals(outcome.messages.map(({ confirmation }: { confirmation: unknown }) => confirmation), [{ status }]);
  return { request, outcome };
}
