/** Entries of a local list as operators send them: an idTag, and optionally an idTagInfo that differs from that of the id tag. */
import { z } from "zod";
import { idTagKey } from "../../../ocpp/core/authorization.ts";
import { IdTagInfo } from "../../../ocpp/types/id_tag_info.ts";
import { IdToken } from "../../../ocpp/types/id_token.ts";

const Entry = z.strictObject({
  idTag: IdToken.min(1).meta({ example: "04A2B3C4" }),
  idTagInfo: IdTagInfo.optional().meta({ description: "Absent: computed from the id tag when the list is sent" }),
}).meta({ id: "LocalListEntry" });

/** A whole list. Each idTag may be in it once, in any case, because charge points ignore case. */
export const listEntries = z.array(Entry).check(({ value, issues }) => {
  const seen = new Set<string>();
  value.forEach(({ idTag }, at) => {
    const key = idTagKey(idTag);
    if (seen.has(key)) {
      issues.push({ code: "custom", input: idTag, path: [at, "idTag"], message: "This idTag is already in the list" });
    }
    seen.add(key);
  });
}).meta({ description: "When the charge point has no room for all entries, the last ones are left out" });
