import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import * as actions from "../../ocpp/actions.ts";
import { checkConfirmation, checkRequest } from "../../ocpp/check.ts";
import { decode, encode } from "../../ocpp/message.ts";
import {
  type ActionName,
  actionNames,
  findAction,
  isFromCentralSystem,
  isFromChargePoint,
} from "../../ocpp/registry.ts";
import { type JsonSchema, officialSchema, type Side } from "./official_schemas.ts";
import { type Path, placesOf, removed, replaced, withField } from "./payloads.ts";

const SIDES: readonly Side[] = ["req", "conf"];

function exampleOf(name: ActionName, side: Side): unknown {
  return actions[name].example[side === "req" ? "request" : "confirmation"];
}

function check(name: ActionName, side: Side, payload: unknown) {
  return side === "req" ? checkRequest(name, payload, "strict") : checkConfirmation(name, payload);
}

/** All objects of a payload, each with its official schema. */
function* objectsOf(payload: unknown, schema: JsonSchema): Generator<{ path: Path; required: readonly string[] }> {
  for (const path of placesOf(payload)) {
    const at = path.reduce(
      (outer: JsonSchema, step) => (typeof step === "number" ? outer.items : outer.properties?.[step])!,
      schema,
    );
    if (at.type === "object") yield { path, required: at.required ?? [] };
  }
}

for (const name of actionNames) {
  Deno.test(`${name}: the examples fit the schemas`, () => {
    for (const side of SIDES) {
      const example = exampleOf(name, side);
      const checked = check(name, side, example);
      assert(checked.ok);
      assertEquals<unknown>(checked.value, example);
      assertEquals(checked.deviations, []);
    }
  });

  Deno.test(`${name}: the examples stay the same when they are encoded and decoded`, () => {
    const { request, confirmation } = actions[name].example;
    const call = { type: "CALL", id: "19223201", action: name, payload: { ...request } } as const;
    const result = { type: "CALLRESULT", id: "19223201", payload: confirmation } as const;
    assertEquals<unknown>(decode(encode(call)), call);
    assertEquals<unknown>(decode(encode(result)), result);
  });

  Deno.test(`${name}: every missing field is an OccurenceConstraintViolation`, () => {
    for (const side of SIDES) {
      const example = exampleOf(name, side);
      for (const { path, required } of objectsOf(example, officialSchema(name, side))) {
        for (const field of required) {
          const checked = check(name, side, removed(example, [...path, field]));
          assertEquals(checked.ok || checked.fault.code, "OccurenceConstraintViolation");
        }
      }
    }
  });

  Deno.test(`${name}: every unknown field is a FormationViolation`, () => {
    const example = exampleOf(name, "req");
    for (const { path } of objectsOf(example, officialSchema(name, "req"))) {
      for (const field of ["vendorNote", "__proto__", "constructor"]) {
        const checked = check(name, "req", replaced(example, path, (object) => withField(object, field)));
        assertEquals(checked.ok || checked.fault.code, "FormationViolation");
      }
    }
  });

  Deno.test(`${name}: the check returns a copy of the payload`, () => {
    const example = exampleOf(name, "req");
    const checked = checkRequest(name, example, "strict");
    assert(checked.ok && checked.value !== example);
  });

  Deno.test(`${name}: has a summary for the operator, and whenOffline if the Central System may send it`, () => {
    const action = actions[name];
    assertStrictEquals(action.name, name);
    assert(/^[A-Z].*[^.]\.$/.test(action.summary), action.summary);
    assertEquals(action.whenOffline === undefined, action.initiatedBy === "ChargePoint");
  });
}

Deno.test("28 actions of OCPP 1.6 in their feature profiles and 11 of the security extension", () => {
  const counts = Object.groupBy(Object.values(actions), ({ profile }) => profile);
  assertEquals(Object.fromEntries(Object.entries(counts).map(([profile, of]) => [profile, of.length])), {
    Core: 16,
    FirmwareManagement: 4,
    LocalAuthListManagement: 2,
    RemoteTrigger: 1,
    Reservation: 2,
    Security: 11,
    SmartCharging: 3,
  });
});

Deno.test("only actions that are harmless an hour later wait for an offline charge point", () => {
  const refused = Object.values(actions).filter(({ whenOffline }) => whenOffline === "refuse").map(({ name }) => name);
  assertEquals<string[]>(refused.sort(), [
    "CancelReservation",
    "DataTransfer",
    "RemoteStartTransaction",
    "RemoteStopTransaction",
    "ReserveNow",
    "Reset",
    "UnlockConnector",
  ]);
});

Deno.test("one side sends each action, both sides send DataTransfer", () => {
  for (const name of actionNames) {
    assertEquals(isFromChargePoint(name) && isFromCentralSystem(name), name === "DataTransfer");
    assert(isFromChargePoint(name) || isFromCentralSystem(name));
  }
});

Deno.test("names are compared exactly and looked up as own properties", () => {
  for (const name of ["heartbeat", " Heartbeat", "/Heartbeat", "", "__proto__", "constructor", "toString", "default"]) {
    assertStrictEquals(findAction(name), undefined);
    assertEquals(isFromChargePoint(name), false);
    assertEquals(isFromCentralSystem(name), false);
  }
});
