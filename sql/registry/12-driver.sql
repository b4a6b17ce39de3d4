-- SPDX-License-Identifier: PostgreSQL
-- Entity driver: what customers value, and by what it is measured.

INSERT INTO cvm.entity (position, entity, synonyms, description) VALUES
	(35, 'driver', '{drivers,value_driver,value_drivers,driver_registry}',
		'One row per driver of value: what it is measured by, what is aimed at, what is too little.');

INSERT INTO cvm.entity_column (entity, position, column_name, required, nullable, class, synonyms, description) VALUES
	('driver', 1, 'driver', true, false, 'label', '{driver_id,driver_name,value_driver,dimension}',
		'Name of the driver, as in survey.driver, initiative.driver and owner.subject.'),
	('driver', 2, 'metric', true, false, 'label', '{measure,kpi,metric_name,measured_by}',
		'What it is measured by: an instrument of survey (nps, csat, ces, value …), late_replies, reopened_tickets, misfit_deliveries or assisted_tasks.'),
	('driver', 3, 'target', false, true, 'number', '{goal,target_value,aim}', 'Value of the metric aimed at.'),
	('driver', 4, 'direction', false, true, 'label', '{better,good_is,polarity}',
		'up or down: which way the metric gets better. NULL: as the metric does.'),
	('driver', 5, 'importance', false, true, 'number', '{weight,stated_importance}',
		'How important it is; NULL: as the answers to surveys say.'),
	('driver', 6, 'floor', false, true, 'number', '{minimum,threshold,lower_limit}',
		'What a customer is to get at least, on the scale of single answers; with direction down at most. NULL: as usual for the metric.'),
	('driver', 7, 'behaviour', false, true, 'label', '{behavior,behaviour_metric,behavior_metric}',
		'What customers do that shows it too: late_replies, reopened_tickets, misfit_deliveries or assisted_tasks. NULL: as usual for drivers of the name.'),
	('driver', 8, 'theme', false, true, 'label', '{topic_code,survey_theme}',
		'Theme of comments about it, as in survey.theme; NULL: the name of the driver.');
