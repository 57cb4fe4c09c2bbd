"""The ids of every Dash component, in one place: layouts set them, callbacks and page scripts name them."""

# the wall; dashboard/static/wall/*.js names the same ids (a test holds the two together)
WALL = "wall"
WALL_MAP = "wall-map"
WALL_OVERLAY = "wall-overlay"
WALL_TITLE = "wall-title"
WALL_TABS = "wall-tabs"
WALL_BAR = "wall-bar"
WALL_SOURCES = "wall-sources"
WALL_DATE = "wall-date"
WALL_CLOCK = "wall-clock"
WALL_LEVELS = "wall-levels"
WALL_REGISTER = "wall-register"
WALL_LEGEND = "wall-legend"
WALL_SCALE = "wall-scale"
WALL_NOTE = "wall-note"
WALL_OLD = "wall-old"
WALL_SMALL = "wall-small"
WALL_SMALL_TOPS = tuple(f"wall-small-top-{place}" for place in range(4))
WALL_SMALL_DRAWINGS = tuple(f"wall-small-{place}" for place in range(4))
WALL_ALERTS = "wall-alerts"
WALL_PANEL = "wall-panel"
WALL_PANEL_TOP = "wall-panel-top"
WALL_CHART = "wall-chart"
WALL_OUT = "wall-out"
WALL_COUNTERS = "wall-counters"
WALL_TAKEOVER = "wall-takeover"
WALL_TAKEOVER_HEAD = "wall-takeover-head"

# the office: what stands around every page
OFFICE_ADDRESS = "office-address"
OFFICE_BAR = "office-bar"
OFFICE_PAGE = "office-page"
OFFICE_NOTICES = "office-notices"
OFFICE_DRILL = "office-drill"
OFFICE_DRILL_CLOCK = "office-drill-clock"
OFFICE_AUDIT_ROWS = "office-audit-rows"
OFFICE_AUDIT_FILTER = "office-audit-filter"
ACCOUNTS_ROWS = "accounts-rows"
ACCOUNTS_FACTS = "accounts-facts"
ACCOUNTS_CHOSEN = "accounts-chosen"
ACCOUNTS_SHUT = "accounts-shut"
ACCOUNTS_REVOKE = "accounts-revoke"
ACCOUNTS_PASSWORD = "accounts-password"
ACCOUNTS_RESET = "accounts-reset"
ACCOUNTS_TOKEN_KIND = "accounts-token-kind"
ACCOUNTS_TOKEN_LABEL = "accounts-token-label"
ACCOUNTS_TOKEN = "accounts-token"
ACCOUNTS_SECRET = "accounts-secret"
ACCOUNTS_NEW_NAME = "accounts-new-name"
ACCOUNTS_NEW_TITLE = "accounts-new-title"
ACCOUNTS_NEW_ROLE = "accounts-new-role"
ACCOUNTS_NEW_COMMUNITIES = "accounts-new-communities"
ACCOUNTS_NEW_WORKER = "accounts-new-worker"
ACCOUNTS_NEW_PASSWORD = "accounts-new-password"
ACCOUNTS_MAKE = "accounts-make"
#: usable only while an account is chosen
ACCOUNTS_ACTIONS = (ACCOUNTS_SHUT, ACCOUNTS_REVOKE, ACCOUNTS_PASSWORD, ACCOUNTS_RESET, ACCOUNTS_TOKEN)
#: the form of a new account, in the order of its fields
ACCOUNTS_NEW = (
    ACCOUNTS_NEW_NAME,
    ACCOUNTS_NEW_TITLE,
    ACCOUNTS_NEW_ROLE,
    ACCOUNTS_NEW_COMMUNITIES,
    ACCOUNTS_NEW_WORKER,
    ACCOUNTS_NEW_PASSWORD,
)
RULES_ROWS = "rules-rows"
RULES_FACTS = "rules-facts"
RULES_NEW = "rules-new"
RULES_TICK = "rules-tick"
RULES_HEAD = "rules-head"
RULES_DETAIL = "rules-detail"
RULES_TEXT = "rules-text"
RULES_WHY = "rules-why"
RULES_SAVE = "rules-save"
RULES_SWITCH = "rules-switch"
RULES_HISTORY = "rules-history"
RULES_WEEKS = "rules-weeks"
RULES_TRY = "rules-try"
RULES_TRIAL = "rules-trial"
MAPPING_ROWS = "mapping-rows"
MAPPING_FACTS = "mapping-facts"
MAPPING_FEED = "mapping-feed"
MAPPING_FILE = "mapping-file"
MAPPING_HEAD = "mapping-head"
MAPPING_HEADINGS = "mapping-headings"
MAPPING_COLUMNS = "mapping-columns"
MAPPING_SUGGEST = "mapping-suggest"
MAPPING_SAVE = "mapping-save"
OFFICE_UNPLACED = "office-unplaced"
QUARANTINE_REASONS = "quarantine-reasons"
QUARANTINE_FACTS = "quarantine-facts"
QUARANTINE_XLSX = "quarantine-xlsx"
QUARANTINE_CSV = "quarantine-csv"
QUARANTINE_SHEET = "quarantine-sheet"
QUARANTINE_FILE = "quarantine-file"
QUARANTINE_HEAD = "quarantine-head"
QUARANTINE_ROWS = "quarantine-rows"
BATCHES_REPORTS = "batches-reports"
BATCHES_ROWS = "batches-rows"
BATCHES_FACTS = "batches-facts"
BATCHES_CHOSEN = "batches-chosen"
BATCHES_UNDO = "batches-undo"
BATCHES_REPLAY = "batches-replay"
BATCHES_FEED = "batches-feed"
BATCHES_FILE = "batches-file"
BATCHES_FILE_NAME = "batches-file-name"
BATCHES_PREVIEW = "batches-preview"
BATCHES_PREVIEWED = "batches-previewed"
BATCHES_LOAD = "batches-load"
SAME_PERSON_ROWS = "same-person-rows"
SAME_PERSON_FACTS = "same-person-facts"
SAME_PERSON_SHOWN = "same-person-shown"
SAME_PERSON_PAIR = "same-person-pair"
SAME_PERSON_ONE = "same-person-one"
SAME_PERSON_TWO = "same-person-two"
SAME_PERSON_BACK = "same-person-back"
SAME_PERSON_LAST = "same-person-last"
RISK_ROWS = "risk-rows"
RISK_FACTS = "risk-facts"
RISK_POINT = "risk-point"
RISK_REASON = "risk-reason"
RISK_CONFIRM = "risk-confirm"
RISK_REJECT = "risk-reject"
RISK_DECIDING = "risk-deciding"
OFFICE_DISPATCH = "office-dispatch"


# the office: alerts and their lives, silences, routes, drills
LIVES_ROWS = "lives-rows"
LIVES_LIFE = "lives-life"
LIVES_NOTE = "lives-note"
#: what may be done with an alert, and its button
LIVES_ACTS = (
    ("acknowledge", "lives-acknowledge"),
    ("on_site", "lives-on-site"),
    ("report", "lives-report"),
    ("handed_on", "lives-handed-on"),
)
SILENCES_ROWS = "silences-rows"
SILENCES_WHAT = "silences-what"
SILENCES_LEVEL = "silences-level"
SILENCES_COMMUNITY = "silences-community"
SILENCES_WHERE = "silences-where"
SILENCES_REASON = "silences-reason"
SILENCES_HOURS = "silences-hours"
SILENCES_MAKE = "silences-make"
SILENCES_LIFT = "silences-lift"
ROUTES_LOG = "routes-log"
ROUTES_TOLD = "routes-told"
DRILLS_ROWS = "drills-rows"
DRILLS_SCENARIO = "drills-scenario"
DRILLS_TITLE = "drills-title"
DRILLS_START = "drills-start"
DRILLS_END = "drills-end"
# the office: interfaces and the data catalogue
INTERFACES_ROWS = "interfaces-rows"
INTERFACES_GRAPH = "interfaces-graph"
INTERFACES_CHOSEN = "interfaces-chosen"
INTERFACES_CHECK = "interfaces-check"
CONSUMERS_ROWS = "consumers-rows"
CONSUMERS_CHOSEN = "consumers-chosen"
CONSUMERS_KEY = "consumers-key"
CONSUMERS_KEY_DAYS = "consumers-key-days"
CONSUMERS_REVOKE = "consumers-revoke"
CONSUMERS_SUSPEND = "consumers-suspend"
CONSUMERS_SECRET = "consumers-secret"
CONSUMERS_MAKE = "consumers-make"
#: the form of a new consumer, in the order of its fields
CONSUMERS_NEW = (
    "consumers-new-name",
    "consumers-new-purpose",
    "consumers-new-contact",
    "consumers-new-basis",
    "consumers-new-role",
    "consumers-new-communities",
    "consumers-new-resources",
    "consumers-new-fields",
    "consumers-new-items",
    "consumers-new-minute",
    "consumers-new-day",
    "consumers-new-days",
    "consumers-new-sandbox",
)
#: usable only while a consumer is chosen
CONSUMERS_ACTIONS = (CONSUMERS_KEY, CONSUMERS_REVOKE, CONSUMERS_SUSPEND)
HOOKS_ROWS = "hooks-rows"
HOOKS_DEAD = "hooks-dead"
HOOKS_LOG = "hooks-log"
HOOKS_REPLAY = "hooks-replay"
HOOKS_PING = "hooks-ping"
HOOKS_PAUSE = "hooks-pause"
HOOKS_SECRET = "hooks-secret"
HOOKS_MAKE = "hooks-make"
HOOKS_NEW = ("hooks-new-consumer", "hooks-new-url", "hooks-new-events")
CATALOGUE_ROWS = "catalogue-rows"
CATALOGUE_CHOSEN = "catalogue-chosen"
FIGURES_ROWS = "figures-rows"
FIGURES_CHOSEN = "figures-chosen"
PANELS_ROWS = "panels-rows"
PANELS_CHOSEN = "panels-chosen"
LAYERS_ROWS = "layers-rows"
LAYERS_CHOSEN = "layers-chosen"
LAYERS_COMMUNITY = "layers-community"
LAYERS_COMPOUND = "layers-compound"
LAYERS_CELL = "layers-cell"
