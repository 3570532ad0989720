/**
 * What nearly all code of members' pages shares. Whatever is loaded by itself imports this, so that the shared part is one file: apart,
 * each small file costs its own head on the wire (bench: ask.extra_bytes).
 */
import "../../core/refusal.ts";
import "./check_notice.ts";
import "./dom.ts";
import "./draft.ts";
import "./fields.ts";
import "./here.ts";
import "./kept.ts";
import "./making.ts";
import "./moments.ts";
import "./pins.ts";
import "./place.ts";
import "./pool.ts";
import "./sender.ts";
import "./talk.ts";
import "./texts.ts";
