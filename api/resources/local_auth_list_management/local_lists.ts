/** Shared local lists: the entries of one are part of the desired list of each charge point with its label. */
import { z } from "zod";
import { moment } from "../../http/fields.ts";
import { resource } from "../../http/resource.ts";
import type { Route } from "../../http/route.ts";
import { listEntries } from "./list_entries.ts";

const name = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, "Not 1 to 64 letters, digits and ._-")
  .meta({ example: "harbour-drivers" });
const label = z.string().regex(/^[^=]{1,64}(=.{0,255})?$/, "`name` or `name=value`")
  .meta({
    description: "`name` or `name=value`; charge points with this label share the list",
    example: "site=harbour",
  });

const SharedList = z.object({ name, label, entries: listEntries, createdAt: moment, updatedAt: moment })
  .meta({ id: "SharedLocalList" });

const sharedLists = resource({
  path: "/v1/local-lists",
  key: { name },
  tag: "Local lists",
  noun: "shared local list",
  read: "viewer",
  write: "operator",
  shows: SharedList,
});

/** Plain CRUD; each change also updates the charge points with the label. */
export const sharedLocalListRoutes: readonly Route[] = [
  sharedLists.list({
    summary: "All shared local lists, without their entries",
    items: SharedList.omit({ entries: true }).extend({ entryCount: z.int() }),
    load: ({ app, page }) => app.store.desiredLocalLists.list(page),
  }),
  sharedLists.find({ summary: "One shared local list", load: ({ app, id }) => app.store.desiredLocalLists.find(id) }),
  sharedLists.put({
    summary: "Creates or replaces a shared local list",
    body: z.strictObject({ label, entries: listEntries }).meta({ id: "SharedLocalListPut" }),
    example: { label: "site=harbour", entries: [{ idTag: "04A2B3C4" }] },
    async save({ app, id, body: { label, entries } }) {
      const { list, labelBefore } = await app.store.desiredLocalLists.put(id, label, entries, app.clock.now());
      app.localLists.edited({ labels: labelBefore === undefined ? [label] : [label, labelBefore] });
      return { row: list, created: labelBefore === undefined };
    },
  }),
  sharedLists.remove({
    summary: "Removes a shared local list; its entries leave the desired lists",
    async remove({ app, id }) {
      const removed = await app.store.desiredLocalLists.remove(id);
      if (removed) app.localLists.edited({ labels: [removed.label] });
      return removed !== undefined;
    },
  }),
];
