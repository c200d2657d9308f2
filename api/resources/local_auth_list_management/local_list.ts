/**
 * A charge point's local list: the known one, the desired one, and the synchronisation between them. Setting the desired list sends
 * nothing, unless `CHARGEHAND_LOCAL_LISTS` is automatic.
 */
import { z } from "zod";
import { desiredListOf } from "../../../actors/local_auth_list_management/desired_list.ts";
import { LIST_STATES, stateOf, warningsAbout } from "../../../actors/local_auth_list_management/list_state.ts";
import { isOpen } from "../../../actors/local_auth_list_management/list_steps.ts";
import type { LocalListSync } from "../../../db/local_auth_list_management/local_list_syncs.ts";
import { differenceBetween, nextVersion } from "../../../ocpp/local_auth_list_management/local_list.ts";
import { IdTagInfo } from "../../../ocpp/types/id_tag_info.ts";
import { params } from "../charge_points.ts";
import { answerOf, Command, howToSend, targetOf, viewOf as commandView, waitMsOf } from "../command.ts";
import { moment } from "../../http/fields.ts";
import type { App } from "../../http/app.ts";
import { Problem } from "../../http/problem.ts";
import { ok, type Route, route } from "../../http/route.ts";
import { listEntries } from "./list_entries.ts";

const tag = "Local lists";
const path = "/v1/charge-points/{identity}/local-list";

const updateType = z.enum(["Full", "Differential"]);
const entryCounts = z.object({ set: z.int(), removed: z.int() });

const Synchronisation = z.object({
  updateType,
  state: z.enum(["running", "waiting", "synchronised", "failed", "inDoubt"]).meta({
    description: "waiting: for the charge point to connect; inDoubt: a message had no answer",
  }),
  reason: z.string().nullable().meta({ description: "Why the synchronisation waits or failed" }),
  requestedBy: z.string().nullable().meta({ description: "The id of the API key; null: it was automatic" }),
  requestedAt: moment,
  endedAt: moment.nullable(),
  commands: z.array(z.string()).meta({ description: "The ids of its commands, in the order in which they were sent" }),
}).meta({ id: "LocalListSynchronisation" });

const LocalList = z.object({
  chargePoint: z.string(),
  state: z.enum(LIST_STATES),
  warnings: z.array(z.string()),
  known: z.object({
    version: z.int().nullable().meta({ description: "The version that the charge point accepted or reported last" }),
    isComplete: z.boolean().meta({ description: "false: the list may have more entries than these" }),
    isSupported: z.boolean().nullable(),
    entries: z.array(z.object({ idTag: z.string(), idTagInfo: IdTagInfo.nullable(), isInDoubt: z.boolean() })),
    changedAt: moment.nullable(),
  }).meta({ description: "The list in the charge point, as far as the charge point confirmed it" }),
  desired: z.object({
    version: z.int().nullable().meta({
      description: "The known version when nothing differs, else the version of the next SendLocalList",
    }),
    entries: z.array(
      z.object({
        idTag: z.string(),
        idTagInfo: IdTagInfo,
        list: z.string().nullable().meta({
          description: "The shared list that has the entry; null: the charge point's own list",
        }),
        infoFrom: z.enum(["list", "idTag"]),
      }),
    ),
    leftOut: z.int().meta({ description: "Number of entries, the last ones, that the charge point has no room for" }),
  }).meta({ description: "The list that the charge point shall have" }),
  difference: entryCounts,
  limits: z.object({ sendLocalListMaxLength: z.int().nullable(), localAuthListMaxLength: z.int().nullable() }),
  synchronisation: Synchronisation.nullable().meta({ description: "The last synchronisation" }),
}).meta({ id: "LocalList" });

const SyncOutcome = Synchronisation.omit({ commands: true }).extend({
  chargePoint: z.string(),
  messages: z.array(Command).meta({ description: "Each command that was sent, with its outcome" }),
}).meta({ id: "LocalListOutcome" });

async function viewOf(chargePoint: string, { store, clock }: App): Promise<z.output<typeof LocalList>> {
  const now = clock.now();
  const [known, desired, sync, row] = await Promise.all([
    store.knownLocalLists.find(chargePoint),
    desiredListOf(chargePoint, store, now),
    store.localListSyncs.find(chargePoint),
    store.chargePoints.find(chargePoint),
  ]);
  const difference = differenceBetween(known, desired.entries, now);
  const state = stateOf({ known, desired, sync, difference });
  const next = nextVersion(known.version, known.highestVersion, row?.localListVersion ?? null);
  const removed = difference.filter(({ idTagInfo }) => idTagInfo === undefined).length;
  return {
    chargePoint,
    state,
    warnings: warningsAbout({ known, desired }),
    known,
    desired: { ...desired, entries: [...desired.entries], version: state === "inSync" ? known.version : next },
    difference: { set: difference.length - removed, removed },
    limits: desired.limits,
    synchronisation: sync ? { ...sync, commands: commandsOf(sync) } : null,
  };
}

function commandsOf({ commandIds, commandId }: LocalListSync): string[] {
  return commandId === null ? commandIds : [...commandIds, commandId];
}

/** The local list of one charge point. */
export const localListRoutes: readonly Route[] = [
  route({
    method: "get",
    path,
    access: "viewer",
    tag,
    summary: "A charge point's local list: known, desired, and the difference",
    params,
    answers: { 200: LocalList },
    handle: async ({ params: { identity }, app }) => {
      await targetOf(app, identity);
      return ok(await viewOf(identity, app));
    },
  }),
  route({
    method: "put",
    path,
    access: "operator",
    tag,
    summary: "Sets the charge point's own desired list",
    description:
      "The entries of shared lists are added, when the charge point has their label. Nothing is sent before the next synchronisation (POST).",
    params,
    body: z.strictObject({ entries: listEntries }).meta({ id: "LocalListPut" }),
    example: { entries: [{ idTag: "04A2B3C4" }, { idTag: "0BADCAFE", idTagInfo: { status: "Blocked" } }] },
    answers: { 200: LocalList },
    handle: async ({ params: { identity }, body: { entries }, app }) => {
      await targetOf(app, identity);
      await app.store.desiredLocalLists.set(identity, entries, app.clock.now());
      app.localLists.edited({ chargePoint: identity });
      return ok(await viewOf(identity, app));
    },
  }),
  route({
    method: "post",
    path,
    access: "operator",
    tag,
    summary: "Sends the desired list, or its changes, to the charge point",
    description:
      "Full replaces the whole list; Differential sends only the difference. Entries that do not fit into one SendLocalList " +
      "follow in further ones. The response is 200 when the charge point has answered all of them within the wait, else 202.",
    params,
    query: howToSend.pick({ whenOffline: true, expiresInSeconds: true }),
    body: z.strictObject({ updateType }).meta({ id: "LocalListSync" }),
    example: { updateType: "Differential" },
    answers: { 200: SyncOutcome, 202: SyncOutcome },
    handle: async ({ params: { identity }, query, body: { updateType }, operator, headers, app }) => {
      await targetOf(app, identity);
      const request = { chargePoint: identity, updateType, requestedBy: operator.id, ...query };
      const sync = await app.localLists.synchronise(request, waitMsOf({ headers, app }, identity));
      if (!sync) {
        throw new Problem(
          "local-list-busy",
          `The local list of ${identity} is being synchronised. Wait for the end and try again.`,
        );
      }
      const commands = await Promise.all(commandsOf(sync).map((id) => app.store.commands.find(id)));
      const messages = commands.flatMap((command) => command ? [commandView(command)] : []);
      return answerOf(isOpen(sync), { ...sync, messages }, {
        Location: path.replace("{identity}", encodeURIComponent(identity)),
      });
    },
  }),
];
