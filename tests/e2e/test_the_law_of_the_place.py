"""A coordinator makes the programme stricter; members read it, supporters say it, papers print it; all accessible."""

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.e2e.conftest import Demo, continue_as
from tests.e2e.looking import Look

pytestmark = [pytest.mark.e2e]


@pytest.mark.req("K-31", "I-24", "L-24", "A-24")
def test_a_stricter_rule_is_read_by_members_said_by_supporters_and_printed(
    demo: Demo, window: BrowserContext, other: BrowserContext, look: Look
) -> None:
    rule = "Nobody records a talk"
    member = window.new_page()
    member.goto(demo.member("limits"))
    expect(member.get_by_text("section 181.9731", exact=False)).to_be_attached()
    assert rule not in member.content()
    member.eval_on_selector_all("main details", "folds => folds.forEach((fold) => (fold.open = true))")
    look.at(member, "limits of Minnesota, unfolded")
    hana = continue_as(other, demo, "vogel")
    hana.goto(demo.path("/in/coordinate/settings"))
    hana.get_by_role("link", name="The law and the limits").click()
    expect(hana.get_by_role("heading", level=1)).to_have_text("The law of Minnesota")
    look.at(hana, "the law")
    hana.locator('a[href$="duty:no-recording"]').click()
    expect(hana.get_by_text("Comes to members’ pages")).to_be_visible()
    look.at(hana, "a choice")
    hana.get_by_role("button", name="Change it").click()
    expect(hana.get_by_text("Changed. Members' pages")).to_be_visible()
    look.at(hana, "the law with a choice")
    hana.goto(demo.path("/in/coordinate/law/exception:danger"))
    expect(hana.get_by_role("heading", level=1)).to_have_text("This comes from the pack")
    expect(hana.get_by_role("button", name="Change it")).to_have_count(0)
    look.at(hana, "a rule nobody can change")
    demo.later(2)
    # The browser keeps a page for half a minute; whoever asks for it anew gets it anew.
    member.reload()
    expect(member.get_by_text(rule)).to_be_visible()


@pytest.mark.req("K-01", "K-02", "K-08", "K-09", "K-10")
def test_a_supporter_has_the_script_in_both_languages_and_papers_that_fit_one_sheet(
    demo: Demo, window: BrowserContext, look: Look, browser: Browser
) -> None:
    page = continue_as(window, demo, "bell")
    page.get_by_role("link", name="The limits in full").click()
    page.eval_on_selector_all("main details", "folds => folds.forEach((fold) => (fold.open = true))")
    look.at(page, "the limits of a supporter")
    page.get_by_role("link", name="Français").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    look.at(page, "the limits in French")
    for name in ("notice", "consent", "consent-after-death"):
        for language in ("en", "fr"):
            page.goto(demo.path(f"/in/team/paper/{name}?in={language}"))
            look.at(page, f"paper {name} {language}")
            for sheet in ("Letter", "A4"):
                printed = page.pdf(format=sheet, margin=dict.fromkeys(("top", "right", "bottom", "left"), "15mm"))
                assert printed.count(b"/Type /Page\n") == 1, (name, language, sheet)


@pytest.mark.req("K-31")
def test_the_operator_says_whose_law_holds(demo: Demo, window: BrowserContext, look: Look) -> None:
    page = continue_as(window, demo, "nair")
    page.goto(demo.path("/in/operate/organisations"))
    page.get_by_role("link", name="Law and hotlines").first.click()
    look.at(page, "whose law")
    page.get_by_label("Law and hotlines of").select_option("on")
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_text("Members' pages show the limits of that place")).to_be_visible()
    demo.later(2)
    page.goto(demo.member("limits", "fr"))
    expect(page.get_by_text("Nous ne connaissons aucune loi de l’Ontario", exact=False)).to_be_visible()
    # The other tests of this file read Minnesota's, in whatever order they come.
    page.goto(demo.path("/in/operate/organisations"))
    page.get_by_role("link", name="Law and hotlines").first.click()
    page.get_by_label("Law and hotlines of").select_option("mn")
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_text("Members' pages show the limits of that place")).to_be_visible()
    demo.later(2)
