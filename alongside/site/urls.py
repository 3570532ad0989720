"""Every route, by audience. The first part of a path decides what a request may carry (middleware.py,
docs/decisions/0003).
"""

from allauth.account import views as sign_in
from allauth.mfa.base import views as second_step
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.conf import settings
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from alongside.accounts import views as accounts
from alongside.directory.views import cards
from alongside.directory.views import lists as directory
from alongside.directory.views import resources as outside
from alongside.help_requests.views import member
from alongside.help_requests.views import team as serving
from alongside.policy.views import law
from alongside.policy.views import settings as policy
from alongside.programme import views as programme
from alongside.rota import views as rota
from alongside.site import (
    audit,
    board,
    crisis,
    importing,
    installable,
    keys,
    living,
    member_pages,
    operate,
    partners,
    passkeys,
    public_pages,
    service_worker,
    signed_in,
    signing,
)
from alongside.team import views as team

handler403 = "alongside.site.errors.forbidden"
handler404 = "alongside.site.errors.not_found"
handler500 = "alongside.site.errors.broken"

PUBLIC = [
    path("", public_pages.root, name="root"),
    path("kept", public_pages.kept, name="kept"),
    path("kept/<str:language>", public_pages.kept, name="kept_in"),
    path("health", public_pages.health, name="health"),
]

# Members: no account, no cookie, always with the organisation.
ASK = [
    path("candidates.json", directory.candidates, name="candidates"),
    path("directory.json", directory.directory, name="directory"),
    path("blocks/<int:number>.json", directory.block, name="block"),
    path("root.json", signing.roots, name="roots"),
    path("requests", member.requests, name="requests"),
    path("progress", member.progress, name="progress"),
    path("progress/present", member.present, name="present"),
    path("progress/not-called", member.not_called, name="not_called"),
    path("progress/cancel", member.cancel, name="cancel"),
    path("progress/tell-me", member.tell_me, name="tell_me"),
    path("messages", member.messages, name="messages"),
    path("box", member.box, name="box"),
    path("box/erase", member.erase_box, name="erase_box"),
    path("sw.js", installable.worker, name="member_worker"),
    path("<str:language>/app.webmanifest", installable.manifest, name="member_app"),
    path("<str:language>/", member_pages.home, name="member_home"),
    path("<str:language>/now", member_pages.now, name="member_now"),
    path("<str:language>/limits", member_pages.limits, name="member_limits"),
    path("<str:language>/ask", member_pages.ask, name="member_ask"),
    path("<str:language>/back", member_pages.back, name="member_back"),
    path("<str:language>/choose", member_pages.choose, name="member_choose"),
    path("<str:language>/colleague", member_pages.colleague, name="member_colleague"),
    path("<str:language>/resources", member_pages.resources, name="member_resources"),
    path("<str:language>/library", member_pages.library, name="member_library"),
    path("<str:language>/colleague/refer", member_pages.colleague_refer, name="member_colleague_refer"),
    path("<str:language>/manager", member_pages.manager, name="member_manager"),
    path("<str:language>/manager/refer", member_pages.manager_refer, name="member_manager_refer"),
    path("<str:language>/offline", member_pages.offline, name="member_offline"),
    path("<str:language>/guides/<slug:guide>", member_pages.guide, name="member_guide"),
]

TEAM = [
    path("", serving.inbox, name="in_inbox"),
    path("requests/<uuid:id>", serving.request_page, name="in_request"),
    path("requests/<uuid:id>/envelope", serving.envelope, name="in_envelope"),
    path("requests/<uuid:id>/messages", serving.messages, name="in_messages"),
    path("requests/<uuid:id>/peers", serving.peers, name="in_peers"),
    path("requests/<uuid:id>/hand-on", serving.hand_on, name="in_hand_on"),
    path("requests/<uuid:id>/accept", serving.accept, name="in_accept"),
    path("requests/<uuid:id>/pass", serving.pass_on, name="in_pass"),
    path("requests/<uuid:id>/backup", serving.backup, name="in_backup"),
    path("requests/<uuid:id>/connected", serving.connected, name="in_connected"),
    path("requests/<uuid:id>/release", serving.release, name="in_release"),
    path("requests/<uuid:id>/close", serving.close, name="in_close"),
    path("requests/<uuid:id>/reply", serving.reply, name="in_reply"),
    path("resources", outside.directory, name="in_directory"),
    path("library", outside.library, name="in_library"),
    path("limits", law.limits, name="in_limits"),
    path("paper/<slug:name>", law.paper, name="in_paper"),
    path("keys", keys.keys, name="in_keys"),
    path("keys/state", keys.state, name="in_keys_state"),
    path("keys/publish", keys.publish, name="in_keys_publish"),
    path("card", cards.card, name="in_card"),
    path("card/show", cards.show_card, name="in_card_show"),
    path("card/away", cards.take_card_away, name="in_card_away"),
    path("me", rota.me, name="in_me"),
    path("shifts", rota.my_shifts, name="in_shifts"),
    path("rota", rota.team_rota, name="in_team_rota"),
    path("shifts/change", living.change_of_shift, name="in_shift_change"),
    path("shifts/free", rota.gaps, name="in_shift_gaps"),
    path("shifts/free/take", rota.take_gap, name="in_gap_take"),
    path("shifts/note", rota.note, name="in_week_note"),
    path("shifts/asked/<uuid:id>", rota.asked, name="in_shift_asked"),
    path("shifts/<uuid:id>", rota.my_shift, name="in_shift"),
    path("shifts/<uuid:id>/hand-over", rota.hand_over, name="in_shift_hand_over"),
    path("shifts/<uuid:id>/swap", rota.swap, name="in_shift_swap"),
    path("shifts/<uuid:id>/cover", rota.cover, name="in_shift_cover"),
    path("me/contact", accounts.add_contact, name="in_contact_add"),
    path("me/contact/<uuid:id>/remove", accounts.remove_contact, name="in_contact_remove"),
    path("me/contact/<uuid:id>/test", accounts.try_contact, name="in_contact_test"),
    path("me/contact/<uuid:id>/move", accounts.move_contact, name="in_contact_move"),
    path("me/push", accounts.add_push, name="in_push_add"),
    path("me/test", accounts.try_every, name="in_test"),
    path("me/quiet", accounts.quiet, name="in_quiet"),
    path("me/agreement", team.agreement, name="in_agreement"),
    path("me/leave", living.leave, name="in_leave"),
    path("me/return", living.come_back, name="in_return"),
    path("calendar", rota.calendar, name="in_calendar"),
    path("calendar/make", rota.make_feed, name="in_feed_make"),
    path("calendar/<uuid:id>/revoke", rota.revoke_feed, name="in_feed_revoke"),
    path("calendar/own", rota.keep_calendar, name="in_calendar_keep"),
    path("calendar/own/forget", rota.forget_calendar, name="in_calendar_forget"),
    path("availability", rota.availability, name="in_availability"),
    path("availability/<slug:kind>/<uuid:id>/remove", rota.take_back, name="in_availability_remove"),
    path("asked-to-disclose", team.asked_to_disclose, name="in_asked"),
    # Without sign-in and without a cookie (site/paths.py): D-14.
    path("crisis", crisis.start, name="in_crisis"),
    path("crisis/card/<str:pack>/<str:language>", crisis.card, name="in_crisis_card"),
    path("crisis/<slug:organisation>/<str:language>", crisis.path, name="in_crisis_path"),
]

COORDINATE = [
    path("", board.board, name="in_board"),
    path("acknowledge/<uuid:ladder>", board.acknowledge, name="in_acknowledge"),
    path("asked/<uuid:id>/acknowledge", board.acknowledge_asked, name="in_asked_acknowledge"),
    path("rota", rota.rota, name="in_rota"),
    path("rota/enter", rota.enter, name="in_rota_enter"),
    path("rota/<uuid:id>/move", rota.move, name="in_rota_move"),
    path("rota/<uuid:id>/remove", rota.remove, name="in_rota_remove"),
    path("rota/cover", rota.find_cover, name="in_rota_find_cover"),
    path("rota/cover/<uuid:id>/stop", rota.stop_cover, name="in_rota_stop_cover"),
    path("rota/patterns", rota.patterns, name="in_patterns"),
    path("rota/patterns/new", rota.pattern_new, name="in_pattern_new"),
    path("rota/patterns/<uuid:id>", rota.pattern, name="in_pattern"),
    path("rota/patterns/<uuid:id>/change", rota.pattern_change, name="in_pattern_change"),
    path("rota/patterns/<uuid:id>/remove", rota.pattern_remove, name="in_pattern_remove"),
    path("rota/sessions", rota.sessions, name="in_sessions"),
    path("rota/sessions/new", rota.session_new, name="in_session_new"),
    path("rota/sessions/<uuid:id>", rota.session, name="in_session"),
    path("rota/sessions/<uuid:id>/remove", rota.session_remove, name="in_session_remove"),
    path("rota/holidays", rota.holidays, name="in_holidays"),
    path("rota/holidays/statutory", rota.holidays_statutory, name="in_holidays_statutory"),
    path("rota/holidays/<uuid:id>/remove", rota.holiday_remove, name="in_holiday_remove"),
    path("rota/plans", rota.plans, name="in_plans"),
    path("rota/plans/compare", rota.plans_compare, name="in_plans_compare"),
    path("rota/plans/<uuid:id>", rota.plan, name="in_plan"),
    path("rota/plans/<uuid:id>/stop", rota.plan_stop, name="in_plan_stop"),
    path("rota/plans/<uuid:id>/discard", rota.plan_discard, name="in_plan_discard"),
    path("rota/plans/<uuid:id>/publish", rota.plan_publish, name="in_plan_publish"),
    path("rota/plans/<uuid:id>/slots/<uuid:slot>", rota.plan_edit, name="in_plan_edit"),
    path("team", team.roster, name="in_team"),
    path("team/ready", rota.readiness, name="in_readiness"),
    path("team/invite", team.invite, name="in_invite"),
    path("team/<uuid:id>/end", team.end, name="in_end"),
    path("team/invitations/<uuid:id>/withdraw", team.withdraw, name="in_withdraw"),
    path("team/people/<uuid:id>/revoke", team.revoke, name="in_revoke"),
    path("team/people/<uuid:id>/again", team.again, name="in_again"),
    path("resources", outside.kept, name="in_resources"),
    path("resources/add", outside.add, name="in_resource_add"),
    path("resources/again", outside.again, name="in_resource_again"),
    path("resources/<str:resource>", outside.entry, name="in_resource"),
    path("resources/<str:resource>/switch", outside.switch, name="in_resource_switch"),
    path("resources/<str:resource>/remove", outside.remove, name="in_resource_remove"),
    path("briefings", programme.briefings, name="in_briefings"),
    path("briefings/record", programme.coordinator_records, name="in_briefing_record"),
    path("briefings/<uuid:id>/take-back", programme.coordinator_takes_back, name="in_briefing_take_back"),
    path("settings", policy.settings, name="in_settings"),
    path("settings/programme", accounts.programme, name="in_programme"),
    path("settings/<str:key>", policy.setting, name="in_setting"),
    path("law", law.law_page, name="in_law"),
    path("law/<str:key>", law.law_choice, name="in_law_choice"),
    path("partners", partners.partners, name="in_partners"),
    path("partners/<uuid:id>/agree", partners.agree, name="in_partner_agree"),
    path("partners/<uuid:id>/end", partners.end, name="in_partner_end"),
    path("signing", signing.signing, name="in_signing"),
    path("signing/state", signing.state, name="in_signing_state"),
    path("signing/sign", signing.sign, name="in_sign"),
    path("signing/root", signing.root, name="in_root"),
    path("signing/witness", signing.witness, name="in_witness"),
    path("signing/witness/offer", signing.offer, name="in_witness_offer"),
    path("signing/witness/confirm", signing.confirm, name="in_witness_confirm"),
    path("poster", signing.poster, name="in_poster"),
    path("poster/renew", signing.renew, name="in_poster_renew"),
    path("audit", audit.organisation, name="in_audit"),
]

MANAGE = [
    path("", programme.manage, name="in_manage"),
    path("units", programme.units, name="in_manage_units"),
    path("rules", programme.rules_for_managers, name="in_managers_rules"),
    path("briefings", programme.record, name="in_manage_briefing"),
    path("briefings/<uuid:id>/take-back", programme.take_back, name="in_manage_take_back"),
    path("guides/<slug:guide>", programme.guide, name="in_manage_guide"),
]

OPERATE = [
    path("", operate.home, name="in_operate"),
    path("changes", audit.installation, name="in_operate_changes"),
    path("operators", accounts.operators, name="in_operators"),
    path("operators/<uuid:id>/revoke", accounts.operator_revoke, name="in_operator_revoke"),
    path("operators/invitations/<uuid:id>/withdraw", accounts.operator_withdraw, name="in_operator_withdraw"),
    path("organisations", accounts.organisations, name="in_organisations"),
    path("organisations/import", importing.page, name="in_organisations_import"),
    path("organisations/<slug:organisation>/invite", team.operate_invite, name="in_operate_invite"),
    path("organisations/<slug:organisation>/law", accounts.operate_law, name="in_operate_law"),
    path("organisations/<slug:organisation>/open", accounts.operate_open, name="in_operate_open"),
    path("organisations/<slug:organisation>/<uuid:id>/revoke", accounts.operate_revoke, name="in_operate_revoke"),
    path("organisations/<slug:organisation>/<uuid:id>/again", team.operate_again, name="in_operate_again"),
]

ENTER = [
    path("invitation/<str:token>", team.invitation, name="in_invitation"),
    path("reached/<str:token>", accounts.reached, name="in_reached"),
    path("shift.webmanifest", service_worker.manifest, name="in_manifest"),
    path("invitation/<str:token>/passkey", passkeys.enrol, name="in_invitation_passkey"),
    path("invitation/<str:token>/passkey/question", passkeys.ask_to_enrol, name="in_invitation_question"),
    path("passkey", passkeys.sign_in, name="in_passkey"),
    path("passkey/question", passkeys.ask_to_sign_in, name="in_passkey_question"),
    path("again/passkey/", passkeys.again, name="mfa_reauthenticate_webauthn"),
    path("again/passkey/proof", passkeys.prove_again, name="in_passkey_again"),
    path("security/passkeys/add", passkeys.add, name="in_passkey_add"),
    path("security/passkeys/question", passkeys.ask_to_add, name="in_passkey_add_question"),
    path("security/passkeys/<int:number>/rename", passkeys.rename, name="in_passkey_rename"),
    path("security/passkeys/<int:number>/remove", passkeys.remove, name="in_passkey_remove"),
    path("signed-out", accounts.signed_out, name="in_signed_out"),
    path("language", accounts.language, name="in_language"),
    path("everywhere", accounts.everywhere, name="in_everywhere"),
    path("looking/<str:token>", operate.looking, name="in_looking"),
    # Of the sign-in library only what has a use here: no sign-up, no e-mail management, no social accounts.
    path("login/", sign_in.login, name="account_login"),
    path("logout/", sign_in.logout, name="account_logout"),
    path("inactive/", sign_in.account_inactive, name="account_inactive"),
    path("again/", sign_in.reauthenticate, name="account_reauthenticate"),
    path("password/", sign_in.password_change, name="account_change_password"),
    # Who has no password yet makes one by the same link as who forgot it.
    path("password/first/", RedirectView.as_view(pattern_name="account_reset_password"), name="account_set_password"),
    path("password/reset/", sign_in.password_reset, name="account_reset_password"),
    path("password/reset/sent/", sign_in.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[0-9A-Za-z-]+)/$",
        sign_in.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("password/reset/done/", sign_in.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("code/", second_step.authenticate, name="mfa_authenticate"),
    path("code/again/", second_step.reauthenticate, name="mfa_reauthenticate"),
    path("security/", second_step.index, name="mfa_index"),
    path("security/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("security/app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("security/codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("security/codes/new/", recovery.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("security/codes/file/", recovery.download_recovery_codes, name="mfa_download_recovery_codes"),
]

urlpatterns = [
    *PUBLIC,
    path("ask/<slug:organisation>/", include(ASK)),
    path("in/", signed_in.home, name="in_home"),
    path("in/sw.js", service_worker.script, name="in_sw"),
    # Without sign-in: a calendar programme knows an address and nothing else.
    path("in/rota/<str:token>.ics", rota.feed, name="in_feed"),
    path("in/team/", include(TEAM)),
    path("in/coordinate/", include(COORDINATE)),
    path("in/lead/", signed_in.lead, name="in_lead"),
    path("in/manage/", include(MANAGE)),
    path("in/operate/", include(OPERATE)),
    path("in/enter/", include(ENTER)),
]

if settings.DEMO:
    from alongside.site.demo import urls as demo

    urlpatterns += demo.urlpatterns
