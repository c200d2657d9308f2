import { assertEquals, assertRejects } from "@std/assert";
import { basic, Refused } from "./wire.ts";
import { defineCase } from "./case.ts";

defineCase({
  id: "085",
  title: "Basic Authentication - Valid Username/Password Combination",
  functionality: "Security",
}, async (tool) => {
  const { cp, operator } = tool;
  const password = "0123456789abcdef";
  await operator.put(`/v1/charge-points/${cp.identity}`, { registration: "Accepted", securityProfile: 1 });
  await operator.put(`/v1/charge-points/${cp.identity}/credentials`, { password });
  const withoutCredentials = await assertRejects(() => cp.connect(), Refused);
  assertEquals(withoutCredentials.status, 401);
  await cp.connect({ headers: basic(cp.identity, password) });
  await tool.booted();
});
