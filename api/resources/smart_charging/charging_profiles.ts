/**
 * The charging profiles in a charge point as a resource: read from our mirror of them, and changed by SetChargingProfile and
 * ClearChargingProfile.
 */
import { z } from "zod";
import type { RequestOf } from "../../../ocpp/registry.ts";
import { ClearChargingProfile } from "../../../ocpp/smart_charging/clear_charging_profile.ts";
import { SetChargingProfile } from "../../../ocpp/smart_charging/set_charging_profile.ts";
import { ChargingProfilePurpose } from "../../../ocpp/types/charging_profile.ts";
import { params } from "../charge_points.ts";
import { Command, howToSend, send, targetOf } from "../command.ts";
import { connectorId, jsonObject, moment, wholeNumber } from "../../http/fields.ts";
import { listOf, listQuery, pageAndFilter } from "../../http/list.ts";
import { ok, type Route, route } from "../../http/route.ts";
import { ProfileWarning, warningsFor } from "./profile_warnings.ts";

const tag = "Smart charging";
const path = "/v1/charge-points/{identity}/charging-profiles";

const ChargingProfileEntry = z.object({
  commandId: z.string().meta({ description: "The command that sent it" }),
  connectorId: z.int().nullable().meta({
    description: "null: it came with a RemoteStartTransaction without a connectorId",
  }),
  profile: jsonObject.meta({ description: "The charging profile as it was sent" }),
  transactionId: z.int().nullable().meta({ description: "The transaction that a TxProfile belongs to" }),
  state: z.enum(["installed", "awaitsTransaction"])
    .meta({
      description:
        "awaitsTransaction: it came with a RemoteStartTransaction whose transaction has not started; installed: all others",
    }),
  inDoubt: z.boolean()
    .meta({
      description:
        "true: it is not known whether the charge point has it. It may not have arrived, or it may have been replaced or cleared",
    }),
  doubtedBy: z.array(z.string()).meta({
    description: "The ids of the commands that caused the doubt; one of them may still be running",
  }),
  doubtedAt: moment.nullable().meta({
    description:
      "When the outcome of a command became unknown for good; null: there is no doubt, or it ends with the running command",
  }),
  others: z.int().meta({
    description:
      "Number of older charging profiles with the same id and connector, also in doubt, that are not listed and that the charge point may have",
  }),
  sentAt: moment,
  installedAt: moment.nullable().meta({
    description: "When the charge point accepted it, or when its transaction started",
  }),
}).meta({ id: "ChargingProfileEntry" });

/** A command with warnings about the charging profile that it sends. */
const WarnedCommand = Command.extend({ warnings: z.array(ProfileWarning) }).meta({ id: "WarnedCommand" });

/** The four fields of ClearChargingProfile (OCPP 1.6 5.6) in the query. */
const clearQuery = howToSend.extend({
  id: wholeNumber(0, 2 ** 31 - 1).optional().meta({
    description: "The chargingProfileId; with it the other three fields are ignored",
  }),
  connectorId: connectorId.optional().meta({
    description: "0 means the charging profiles of connector 0, not of every connector",
  }),
  chargingProfilePurpose: ChargingProfilePurpose.optional(),
  stackLevel: wholeNumber(0, 2 ** 31 - 1).optional(),
});

/** Splits the query. Only the given fields may be sent: an absent field matches everything. */
function criteriaOf(query: z.output<typeof clearQuery>) {
  const { id, connectorId, chargingProfilePurpose, stackLevel, ...how } = query;
  const given = Object.entries({ id, connectorId, chargingProfilePurpose, stackLevel })
    .filter(([, value]) => value !== undefined);
  return { criteria: Object.fromEntries(given) as RequestOf<"ClearChargingProfile">, how };
}

/** The charging profiles of one charge point. */
export const chargingProfileRoutes: readonly Route[] = [
  route({
    method: "get",
    path,
    access: "viewer",
    tag,
    summary: "The charging profiles in a charge point as far as the Central System knows, newest first",
    description:
      "The list has the charging profiles that the charge point accepted. It also has those that the charge point may have or may have lost; " +
      "they are `inDoubt`.",
    params,
    query: listQuery({}),
    answers: { 200: listOf(ChargingProfileEntry) },
    handle: async ({ params: { identity }, query, app }) => {
      await targetOf(app, identity);
      const { page } = pageAndFilter(query);
      const { items, next } = await app.store.chargingProfiles.page(identity, app.clock.now(), page);
      const entries = items.map(({ doubtedBy, ...entry }) => ({
        ...entry,
        profile: { ...entry.profile },
        inDoubt: doubtedBy.length > 0,
        doubtedBy: [...doubtedBy],
      }));
      return ok({ items: entries, next });
    },
  }),
  route({
    method: "post",
    path,
    access: "operator",
    tag,
    summary: "Sends SetChargingProfile; answers like a command, with warnings",
    description: `OCPP 1.6, ${SetChargingProfile.spec}. The command is sent in spite of any warnings.`,
    params,
    query: howToSend,
    body: SetChargingProfile.request,
    example: SetChargingProfile.example.request,
    answers: { 200: WarnedCommand, 202: WarnedCommand },
    handle: async (asked) => {
      const { params: { identity }, body: { connectorId, csChargingProfiles: profile }, app } = asked;
      const warnings = await warningsFor(app, identity, { connectorId, profile });
      const { body, ...answer } = await send(asked, identity, "SetChargingProfile", asked.body);
      return { ...answer, body: { ...body, warnings } };
    },
  }),
  route({
    method: "delete",
    path,
    access: "operator",
    tag,
    summary: "Sends ClearChargingProfile with the given fields; answers like a command",
    description: `OCPP 1.6, ${ClearChargingProfile.spec}. Without any field every charging profile is cleared.`,
    params,
    query: clearQuery,
    answers: { 200: Command, 202: Command },
    handle: async (asked) => {
      const { criteria, how } = criteriaOf(asked.query);
      return await send({ ...asked, query: how }, asked.params.identity, "ClearChargingProfile", criteria);
    },
  }),
];
