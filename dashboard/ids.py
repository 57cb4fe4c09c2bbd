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
MAPPING_COLUMNS = "mapping-columns"
MAPPING_SUGGEST = "mapping-suggest"
MAPPING_SAVE = "mapping-save"
OFFICE_UNPLACED = "office-unplaced"
