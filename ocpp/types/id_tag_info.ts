/**
 * 7.27 IdTagInfo: what the Central System says about an idTag, in confirmations and in local lists. Only ever sent, never received.
 */
import { z } from "zod";
import { SentDateTime } from "./date_time.ts";
import { IdToken } from "./id_token.ts";

/** 7.2 AuthorizationStatus. ConcurrentTx is meant for StartTransaction only. */
export const AuthorizationStatus = z.enum(["Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"]);

/** 7.27 IdTagInfo. */
export const IdTagInfo = z.strictObject({
  status: AuthorizationStatus,
  expiryDate: SentDateTime.optional().describe("When the charge point drops the idTag from its cache; absent = never"),
  parentIdTag: IdToken.optional().describe("idTags with the same parent may stop each other's transactions"),
});

/** One of the words of AuthorizationStatus. */
export type AuthorizationStatus = z.infer<typeof AuthorizationStatus>;

/** What a confirmation carries about an idTag. */
export type IdTagInfo = z.infer<typeof IdTagInfo>;
