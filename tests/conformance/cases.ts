/**
 * Every certification case that the Central System is held to so far, in the order of the certificate. Importing this registers them.
 */
import "./tc_001_cold_boot_charge_point.ts";
import "./tc_003_regular_charging_session_plug_in_first.ts";
import "./tc_004_1_regular_charging_session_identification_first.ts";
import "./tc_004_2_regular_charging_session_connection_time_out.ts";
import "./tc_005_1_ev_side_disconnect.ts";
import "./tc_007_regular_start_charging_session_cached_id.ts";
import "./tc_061_clear_authorization_cache.ts";
import "./tc_010_remote_start_cable_plugged_in_first.ts";
import "./tc_011_1_remote_start_first.ts";
import "./tc_011_2_remote_start_time_out.ts";
import "./tc_012_remote_stop_charging_session.ts";
import "./tc_013_hard_reset_without_transaction.ts";
import "./tc_014_soft_reset_without_transaction.ts";
import "./tc_017_1_unlock_connector_no_session_not_fixed_cable.ts";
import "./tc_017_2_unlock_connector_no_session_fixed_cable.ts";
import "./tc_018_1_unlock_connector_with_charging_session.ts";
import "./tc_019_1_retrieve_all_configuration_keys.ts";
import "./tc_019_2_retrieve_specific_configuration_key.ts";
import "./tc_021_change_set_configuration.ts";
import "./tc_023_1_start_charging_session_authorize_invalid.ts";
import "./tc_023_2_start_charging_session_authorize_expired.ts";
import "./tc_023_3_start_charging_session_authorize_blocked.ts";
import "./tc_024_start_charging_session_lock_failure.ts";
import "./tc_026_remote_start_rejected.ts";
import "./tc_028_remote_stop_rejected.ts";
import "./tc_030_unlock_connector_unlock_failure.ts";
import "./tc_031_unlock_connector_unknown_connector.ts";
import "./tc_032_1_power_failure_boot_stop_transactions.ts";
import "./tc_037_1_offline_start_transaction_valid_id.ts";
import "./tc_037_3_offline_start_transaction_invalid_id.ts";
import "./tc_039_offline_transaction.ts";
import "./tc_040_1_configuration_keys_not_supported.ts";
import "./tc_040_2_configuration_keys_invalid_value.ts";
import "./tc_064_data_transfer_to_a_central_system.ts";
import "./tc_044_1_firmware_update_download_and_install.ts";
import "./tc_044_2_firmware_update_download_failed.ts";
import "./tc_044_3_firmware_update_installation_failed.ts";
import "./tc_056_central_smart_charging_tx_default_profile.ts";
import "./tc_057_central_smart_charging_tx_profile.ts";
import "./tc_059_remote_start_transaction_with_charging_profile.ts";
import "./tc_066_get_composite_schedule.ts";
import "./tc_067_clear_charging_profile.ts";
import "./tc_085_basic_authentication.ts";
import "./tc_088_websocket_subprotocol_validation.ts";

export { type CaseDescription, cases, type CertificationCase, nameOf } from "./case.ts";
