package loader

// The objects of the wire format, field by field, as the API's own schema prints them.

var (
	notificationShape = shapeOf(
		each(wantScalar, "event_type"),
		each(wantFlag, "on_success", "on_failure"),
		object(shapeOf(
			each(wantScalar, "notification_type"),
			each(wantText, "notification_id"),
			each(wantAny, "type_settings"),
		), "notification_settings"),
	)
	actionRefShape = shapeOf(each(wantText, "name"), each(wantScalar, "type"))
	conditionShape = shapeOf(
		each(wantText, "name", "description", "condition_string"),
		each(wantScalar, "condition_type", "state"),
		each(wantFlag, "continue_actions_if_any_error"),
		objects(actionRefShape, "actions_to_run"),
	)
	actionConfigShape = openShape(
		each(wantText, "@type"),
		each(wantFlag, "remove_existing_relationships"),
		listOf(wantText, "access_profiles"),
	)
	actionShape = shapeOf(
		each(wantText, "name", "description"),
		each(wantScalar, "type", "state"),
		each(wantFlag, "run_once"),
		object(actionConfigShape, "config"),
		objects(conditionShape, "conditions_on_success"),
		objects(notificationShape, "action_notification_settings"),
	)
	workflowShape = shapeOf(
		each(wantText, "name", "description", "trigger_string", "attribute_to_get_execute_date", "local_time_zone_attribute"),
		each(wantScalar, "trigger_type", "state"),
		each(wantFlag, "continuous_sync", "skip_trigger_recheck_after_grace_period"),
		each(wantWhole, "local_time_zone_diff_from_utc", "trigger_at_local_time_hour", "grace_period_in_sec", "priority"),
		objects(conditionShape, "conditions_on_success"),
		objects(shapeOf(each(wantText, "date_formatter", "pipeline_functions")), "execute_date_time_formatters"),
	)
	transformerShape = shapeOf(
		each(wantText, "destination_attribute", "destination_value_formatter", "pipeline_functions"),
		each(wantFlag, "continuous_sync", "unique_identifier"),
		listOf(wantText, "additional_value_formatter"),
	)
	functionParameterShape = shapeOf(
		each(wantText, "name", "description"),
		each(wantScalar, "type"),
		each(wantFlag, "allow_empty", "optional"),
		listOf(wantText, "valid_values"),
	)
	functionShape = shapeOf(
		each(wantText, "function_expression"),
		object(shapeOf(
			each(wantText, "name", "description"),
			each(wantFlag, "require_no_input", "return_multiple_values", "input_is_optional"),
			objects(functionParameterShape, "parameters"),
		), "definition"),
	)
	configShape = shapeOf(
		objects(workflowShape, "workflows"),
		objects(actionShape, "actions"),
		objects(shapeOf(
			each(wantText, "name", "description", "entity_type"),
			objects(transformerShape, "entity_attribute_transformers"),
		), "attribute_common_transformers"),
		objects(shapeOf(
			each(wantText, "name", "description", "lookup_table_id"),
			listOf(wantText, "column_names"),
		), "lookup_table_references"),
		listOf(wantText, "mover_properties"),
		objects(shapeOf(
			each(wantText, "name", "disallowed_characters"),
			each(wantWhole, "length"),
			each(wantFlag, "use_special_characters", "use_numbers", "use_uppercase", "use_lowercase"),
		), "password_complexity_rules"),
		objects(functionShape, "transformer_functions"),
	)
	versionShape = shapeOf(
		each(wantText, "policy_id", "created_by", "created_at", "updated_at", "published_by", "published_at"),
		each(wantScalar, "state", "config_version"),
		each(wantWhole, "version_number"),
		object(configShape, "config"),
	)
	limitsShape = shapeOf(
		each(wantFlag, "enable_change_limit", "enable_predictive_change_limit"),
		each(wantAny, "max_identities_affected_percentage", "max_identities_affected_count"),
		listOf(wantText, "warning_email_addresses"),
	)
	limitWarningShape = shapeOf(
		each(wantScalar, "warning_type", "identities_changed_count", "predicted_identities_changed_count"),
		each(wantText, "occurred_at"),
		object(shapeOf(
			each(wantText, "id", "data_source_id", "provider_id", "provider_type", "provider_external_id", "error_message",
				"extracted_at", "policy_id"),
			each(wantScalar, "state", "agent_type", "event_type", "number_of_identities_affected"),
			each(wantFlag, "disregard_change_limit"),
		), "caused_by_extraction_event"),
	)
	secondaryShape = shapeOf(
		each(wantText, "entity_type"),
		listOf(wantText, "datasource_ids", "provider_external_ids"),
		each(wantMap, "correlation_attribute_names"),
		each(wantFlag, "only_enrich_existing"),
	)
	policyShape = shapeOf(
		each(wantText, "id", "name", "description", "entity_type", "created_by", "created_at", "updated_at"),
		each(wantScalar, "state"),
		each(wantWhole, "current_version_number", "draft_version_number",
			"time_before_sync_if_no_source_changes_in_minutes", "max_retries_for_failed_workflow"),
		each(wantFlag, "initial_complete", "sync_only_when_source_changes", "no_retry_for_failed_workflow"),
		listOf(wantText, "datasource_ids", "access_profiles_used", "provider_external_ids"),
		each(wantAny, "current_version"), // versionShape: a version is a scope of its own
		objects(secondaryShape, "secondary_source_of_identities"),
		objects(shapeOf(
			each(wantScalar, "identity_attribute"),
			each(wantText, "entity_attribute_name"),
		), "identity_attribute_mappings"),
		object(limitsShape, "safety_limit_settings"),
		object(limitWarningShape, "safety_limit_warning"),
		objects(notificationShape, "event_notification_settings"),
	)

	syncActionShape      = shapeOf(each(wantText, "policy_id", "name"))
	entityConditionShape = shapeOf(each(wantScalar, "type"), each(wantText, "condition_string"))
	entityShape          = shapeOf(
		each(wantText, "entity_type", "datasource_id", "entity_id", "assigned_to_entity_type", "assigned_to_entity_id",
			"extraction_datasource_id", "provider_id", "provider_external_id", "entity_name", "native_id",
			"create_entitlement_detail_id", "created_at"),
		each(wantScalar, "grant_by"),
		each(wantFlag, "created_by_access_profile"),
		each(wantAny, "custom_properties"),
		object(syncActionShape, "sync_identity_action"),
		object(entityConditionShape, "condition"),
	)
	profileVersionShape = shapeOf(
		each(wantText, "access_profile_id", "rbac_id", "access_request_policy_id", "application_datasource_id",
			"created_by", "created_at", "updated_at", "published_by", "published_at"),
		each(wantScalar, "state"),
		each(wantWhole, "version_number"),
		objects(entityShape, "entities_to_create_relationships_to"),
		listOf(wantText, "inherit_entities_from_access_profiles", "members"),
		object(syncActionShape, "application_sync_identity_action"),
	)
	createdEntitlementShape = shapeOf(
		each(wantText, "datasource_id", "entity_type", "created_entity_id", "access_request_id", "id", "last_sync_job_id"),
		object(shapeOf(objects(transformerShape, "values")), "attribute_transformers"),
		object(entityConditionShape, "add_member_condition"),
	)
	profileShape = shapeOf(
		each(wantText, "id", "name", "description", "profile_type", "rbac_id", "started_at", "started_by",
			"access_request_policy_id", "last_synced_at", "identity_created_by", "last_sync_error_message",
			"profile_type_rbac_id", "created_by", "created_at", "updated_at"),
		each(wantScalar, "state"),
		each(wantWhole, "current_version_number", "draft_version_number"),
		each(wantFlag, "used_by_workflow", "inherits_from_other_profiles", "inherited_by_other_profiles", "requestable",
			"require_approval_to_start", "sync_allowed"),
		listOf(wantText, "integrations", "access_profiles_inherited", "access_profiles_inherited_by", "labels",
			"provider_ids", "provider_external_ids", "datasource_ids", "last_sync_job_ids"),
		object(profileVersionShape, "current_version"),
		objects(shapeOf(
			each(wantText, "access_profile_id", "access_profile_name", "identity_id", "identity_name", "workflow"),
			each(wantScalar, "created_from"),
		), "member_details"),
		object(shapeOf(
			each(wantText, "name", "description", "markdown_description", "icon"),
			each(wantFlag, "recommended"),
		), "catalog_item_info"),
		objects(createdEntitlementShape, "created_entitlements"),
		each(wantAny, "custom_properties"),
	)
	profileTypeShape = shapeOf(
		each(wantText, "id", "name", "description", "rbac_id", "instructions", "access_request_policy_id", "created_by",
			"created_at", "updated_at"),
		each(wantScalar, "on_create_behavior", "time_before_sync_check_in_seconds"),
		each(wantWhole, "profiles_count", "max_entitlements"),
		each(wantFlag, "allow_inherit_entities", "allow_create_relationships", "require_single_datasource",
			"require_single_integration", "add_integration_prefix_to_access_profile_names",
			"create_entitlement_based_on_profile", "no_entitlements", "enabled",
			"allow_overwrite_of_access_request_policy", "remove_entitlement_on_member_upon_update"),
		listOf(wantText, "allow_inherited_from_types", "integrations"),
		objects(createdEntitlementShape, "create_entitlements"),
		object(transformerShape, "name_transformer"),
	)
	datasourceShape = openShape(each(wantText, "id", "name", "type"))

	dryRunShape = openShape(
		listOf(wantText, "workflows_matched", "access_profile_ids", "messages"),
		objects(openShape(each(wantText, "action_name", "job_id"), each(wantScalar, "action_type")), "job_requests"),
		each(wantMap, "job_request_workflow_names"),
	)
)
