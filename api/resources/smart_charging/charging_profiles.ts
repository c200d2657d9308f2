/**
 * What is installed in a charge point, as a resource: read from the mirror, changed by sending SetChargingProfile and ClearChargingProfile.
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
  connectorId: z.int().nullable().meta({ description: "null: a remote start left it to the charge point" }),
  profile: jsonObject.meta({ description: "csChargingProfiles, as it was sent" }),
  transactionId: z.int().nullable().meta({ description: "The transaction that a TxProfile belongs to" }),
  state: z.enum(["installed", "awaitsTransaction"])
    .meta({ description: "awaitsTransaction: it came with a remote start whose transaction has not started" }),
  inDoubt: z.boolean()
    .meta({
      description: "Nobody knows whether it is there: it may not have arrived, or may have been replaced or cleared",
    }),
  doubtedBy: z.array(z.string()).meta({ description: "The commands that are behind the doubt, also one under way" }),
  doubtedAt: moment.nullable().meta({ description: "Since when it is known that the doubt will not end by itself" }),
  others: z.int().meta({
    description: "How many older ones of the same id and place, without a known end too, are not kept and may be there",
  }),
  sentAt: moment,
  installedAt: moment.nullable().meta({ description: "When it was accepted, or its transaction started" }),
}).meta({ id: "ChargingProfileEntry" });

/** A command, and what an operator should know of what it sends. */
const WarnedCommand = Command.extend({ warnings: z.array(ProfileWarning) }).meta({ id: "WarnedCommand" });

/** The four fields of ClearChargingProfile (OCPP 1.6 5.6) in the query. */
const clearQuery = howToSend.extend({
  id: wholeNumber(0, 2 ** 31 - 1).optional().meta({ description: "chargingProfileId; the others are ignored then" }),
  connectorId: connectorId.optional().meta({ description: "0 means profiles of connector 0, not every connector" }),
  chargingProfilePurpose: ChargingProfilePurpose.optional(),
  stackLevel: wholeNumber(0, 2 ** 31 - 1).optional(),
});

/** Splits the query: exactly the given fields go on the wire, nothing extra. */
function criteriaOf(query: z.output<typeof clearQuery>) {
  const { id, connectorId, chargingProfilePurpose, stackLevel, ...how } = query;
  const given = Object.entries({ id, connectorId, chargingProfilePurpose, stackLevel })
    .filter(([, value]) => value !== undefined);
  return { criteria: Object.fromEntries(given) as RequestOf<"ClearChargingProfile">, how };
}

/** The mirror of one charge point. */
export const chargingProfileRoutes: readonly Route[] = [
  route({
    method: "get",
    path,
    access: "viewer",
    tag,
    summary: "The charging profiles in a charge point as far as we know, newest first",
    description: "A profile is here because the charge point accepted it; what nobody knows for certain is `inDoubt`.",
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
    description: `OCPP 1.6, ${SetChargingProfile.spec}. Warnings never keep it from being sent.`,
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
