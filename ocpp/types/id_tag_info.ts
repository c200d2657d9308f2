/**
 * 7.27 IdTagInfo: the authorization of an idTag, in confirmations and in local lists. The Central System sends it and never receives it.
 */
import { z } from "zod";
import { SentDateTime } from "./date_time.ts";
import { IdToken } from "./id_token.ts";

/** 7.2 AuthorizationStatus. ConcurrentTx is for StartTransaction only. */
export const AuthorizationStatus = z.enum(["Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"]);

/** 7.27 IdTagInfo: a status, and optionally an expiry date and a parent. */
export const IdTagInfo = z.strictObject({
  status: AuthorizationStatus,
  expiryDate: SentDateTime.optional().describe(
    "When the charge point removes the idTag from its cache; absent = never",
  ),
  parentIdTag: IdToken.optional().describe("idTags with the same parent may stop each other's transactions"),
});

/** One of the values of AuthorizationStatus. */
export type AuthorizationStatus = z.infer<typeof AuthorizationStatus>;

/** The authorization of an idTag as a confirmation carries it. */
export type IdTagInfo = z.infer<typeof IdTagInfo>;
