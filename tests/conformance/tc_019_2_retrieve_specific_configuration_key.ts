import { defineCase } from "./case.ts";

defineCase({ id: "019_2", title: "Retrieve Specific Configuration Key", functionality: "Core" }, async (tool) => {
  await tool.booted();
  const value = "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger";
  await tool.command("GetConfiguration", { key: ["SupportedFeatureProfiles"] }, {
    configurationKey: [{ key: "SupportedFeatureProfiles", readonly: true, value }],
  });
});
