"""The faults that the project survives, each with its tests, on SQLite and on PostgreSQL unless it says otherwise.

They use real processes, an embedded Redis, and the provider's stand-in over HTTP. A test keeps this index complete.

1 worker and work-horse SIGKILLed at each step
    test_killed_at_each_step::test_a_worker_killed_at_any_moment_loses_no_meeting_and_pays_once
    test_a_step_that_kills::test_a_step_that_kills_every_worker_ends_as_failed_with_its_reason
    test_summaries_killed::test_kills_again_and_again_fail_no_summary_and_pay_again_only_for_what_was_under_way
    test_summaries_killed::test_a_summary_that_kills_its_process_fails_alone
2 the worker alone SIGKILLed, its work-horse going on
    test_worker_killed_alone::test_a_work_horse_that_goes_on_without_its_worker_is_not_joined_by_another
    test_worker_killed_alone::test_a_work_horse_that_wakes_up_after_another_took_over_changes_nothing
3 Redis flushed with meetings in flight
    test_redis_goes_away::test_a_flushed_redis_loses_no_meeting
4 Redis refused, and hung, at upload
    test_redis_at_upload::test_a_recording_is_accepted_without_redis_and_found_by_a_rescuer_later
5 Redis restarted
    test_redis_goes_away::test_a_restarted_redis_loses_no_meeting
6 the same step ten times at once
    test_several_at_once::test_the_same_step_ten_times_at_once_is_done_once_and_paid_for_once
7 an older version
    test_several_at_once::test_an_older_version_changes_nothing_and_costs_no_result
8 the database locked past its busy timeout
    test_locked_database::test_a_database_held_longer_than_a_lease_costs_no_meeting_and_no_second_payment
    test_locked_database::test_an_upload_to_a_held_database_is_accepted_once_when_it_is_tried_again
9 four writing processes
    test_several_at_once::test_four_writing_processes_lose_no_write
10 SIGTERM
    test_workers_stop::test_workers_that_are_restarted_one_after_another_fail_no_meeting_and_pay_once
11 the provider's 429, 500, timeout, rejection, 404 after its days, HTML 401
    test_provider_fails::test_a_provider_that_fails_for_a_while_costs_no_meeting_and_is_paid_once
    test_provider_fails::test_a_provider_that_says_no_fails_the_meeting_with_its_reason
    test_provider_fails::test_a_provider_that_never_answers_fails_the_meeting_in_the_end
12 a crash after the provider accepted, before the id was saved
    test_killed_at_each_step::test_a_worker_killed_at_any_moment_loses_no_meeting_and_pays_once
    test_provider_fails::test_a_provider_that_fails_for_a_while_costs_no_meeting_and_is_paid_once
13 the webhook twice, forged, out of order
    test_webhooks_misbehave::test_webhook_calls_twice_too_early_and_out_of_order_only_trigger_polls
    test_webhooks_misbehave::test_a_forged_call_is_refused_and_one_for_an_unknown_job_changes_nothing
14 a timeout inside a broad except
    test_jobs_that_take_too_long::test_a_step_that_times_out_is_retried_and_paid_for_once
    test_jobs_that_take_too_long::test_nothing_inside_a_step_catches_broadly
15 an upload: disk full, abort, oversize, wrong content, a way out of the folder, SIGKILL
    test_uploads_go_wrong::test_invalid_uploads_are_refused_and_leave_nothing
    test_uploads_go_wrong::test_a_full_disk_an_abort_and_a_way_out_of_the_folder_leave_only_whole_recordings
    test_uploads_go_wrong::test_an_upload_retried_after_the_web_was_killed_is_accepted_once
16 two dispatchers
    test_several_at_once::test_two_dispatchers_wake_each_due_meeting_once
    test_several_at_once::test_several_workers_run_a_periodic_task_once_however_often_it_is_woken
    test_redis_goes_away::test_two_workers_with_two_rescuers_pay_once
17 a browser that reconnects after events it missed
    tests.e2e.test_pages_move::test_a_page_that_was_disconnected_shows_missed_changes_without_a_reload
18 an act with a forged origin
    test_forged_origin::test_another_site_can_change_nothing_and_its_name_leads_nowhere
19 whoever builds the search index killed
    test_index_killed::test_an_index_whose_builder_is_killed_at_any_moment_is_completed_and_equals_a_new_one
all of it at random
    test_chaos::test_chaos_loses_no_meeting_and_pays_for_none_twice
"""
