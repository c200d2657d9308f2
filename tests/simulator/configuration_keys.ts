/**
 * The configuration keys of a simulated charge point: the required keys of the six feature profiles (OCPP 1.6 chapter 9), the optional keys that the
 * simulator supports, keys of the security extension, and one key of its own that needs a reboot.
 */
import { MEASURANDS } from "./meter.ts";

/** One key: its initial value and the rules for changes. */
export interface KeyDefinition {
  readonly key: string;
  readonly value: string;
  readonly readonly?: boolean;
  readonly needsReboot?: boolean;
  /** Never reported: AuthorizationKey. */
  readonly secret?: boolean;
  readonly accepts?: (value: string) => boolean;
}

const integer = (key: string, value: string): KeyDefinition => ({
  key,
  value,
  accepts: (text) => /^\d{1,9}$/.test(text),
});
const flag = (key: string, value: string): KeyDefinition => ({
  key,
  value,
  accepts: (text) => /^(true|false)$/i.test(text),
});
const fixed = (key: string, value: string): KeyDefinition => ({ key, value, readonly: true });

// A list with an unknown measurand is rejected as a whole (R 3.13).
const measurands = (key: string, value: string): KeyDefinition => ({
  key,
  value,
  accepts: (text) => text === "" || text.split(",").every((item) => MEASURANDS.includes(item.trim())),
});

/** The keys of a charge point with this number of connectors. */
export function standardKeys(connectors: number): KeyDefinition[] {
  return [
    flag("AllowOfflineTxForUnknownId", "false"),
    flag("AuthorizationCacheEnabled", "true"),
    flag("AuthorizeRemoteTxRequests", "true"),
    integer("ClockAlignedDataInterval", "0"),
    integer("ConnectionTimeOut", "60"),
    { key: "ConnectorPhaseRotation", value: "0.RST" },
    fixed("ConnectorPhaseRotationMaxLength", String(connectors + 1)),
    fixed("GetConfigurationMaxKeys", "100"),
    integer("HeartbeatInterval", "300"),
    flag("LocalAuthorizeOffline", "true"),
    flag("LocalPreAuthorize", "false"),
    measurands("MeterValuesAlignedData", "Energy.Active.Import.Register"),
    fixed("MeterValuesAlignedDataMaxLength", String(MEASURANDS.length)),
    measurands("MeterValuesSampledData", "Energy.Active.Import.Register,Power.Active.Import"),
    fixed("MeterValuesSampledDataMaxLength", String(MEASURANDS.length)),
    integer("MeterValueSampleInterval", "60"),
    fixed("NumberOfConnectors", String(connectors)),
    integer("ResetRetries", "1"),
    flag("StopTransactionOnEVSideDisconnect", "true"),
    flag("StopTransactionOnInvalidId", "true"),
    measurands("StopTxnAlignedData", ""),
    measurands("StopTxnSampledData", ""),
    fixed(
      "SupportedFeatureProfiles",
      "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger",
    ),
    integer("TransactionMessageAttempts", "3"),
    integer("TransactionMessageRetryInterval", "60"),
    flag("UnlockConnectorOnEVSideDisconnect", "true"),
    integer("WebSocketPingInterval", "0"),
    flag("LocalAuthListEnabled", "true"),
    fixed("LocalAuthListMaxLength", "1000"),
    fixed("SendLocalListMaxLength", "100"),
    fixed("ReserveConnectorZeroSupported", "true"),
    fixed("ChargeProfileMaxStackLevel", "8"),
    fixed("ChargingScheduleAllowedChargingRateUnit", "Current,Power"),
    fixed("ChargingScheduleMaxPeriods", "24"),
    fixed("MaxChargingProfilesInstalled", "20"),
    fixed("SupportedFileTransferProtocols", "FTP,FTPS,HTTP,HTTPS"),
    // 16 to 20 bytes in hexadecimal (white paper A01, OCPP-J 6.2.2).
    { key: "AuthorizationKey", value: "", secret: true, accepts: (text) => /^([0-9a-f]{2}){16,20}$/i.test(text) },
    fixed("SecurityProfile", "0"),
    { key: "SimulatorDisplayLanguage", value: "en", needsReboot: true, accepts: (text) => /^[a-z]{2}$/.test(text) },
  ];
}
