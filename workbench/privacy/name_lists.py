"""Words that stand beside names, and words that tell a capitalised word from a name."""

from workbench.privacy.rules import word_set

TITLES = word_set(
    "mr mrs ms miss mx dr prof professor sir dame rev reverend mme mlle madame monsieur mademoiselle herr "
    "frau senor senora sr sra signor signora signorina uncle aunt auntie grandma grandpa judge sergeant "
    "lieutenant sister brother nurse"
)
"""What stands before a name; kin and ranks among them."""

NEEDS_GIVEN_NAME = word_set("uncle aunt auntie grandma grandpa judge sergeant lieutenant sister brother nurse miss sir")
"""Titles that stand before other words too ("Sister Moon"): a name must be known after them."""

PARTICLES = word_set("van von de la del della di da dos der den bin al ibn ter ten st")
"""What stands in small letters between the words of a name."""

NO_SURNAME = word_set(
    "a an and are as at but by can could did do does for from had has have he her his how i if in is it its "
    "let may might my nor not of on or our shall she should so than that the their then there these they this "
    "to us was we were what when where which while who whom whose why will with would yet you your dear love "
    "please write make give tell said says january february march april june july august september october "
    "november december monday tuesday wednesday thursday friday saturday sunday christmas english french "
    "german spanish american british i'm i'll i've i'd haiku poem sonnet"
)
"""Capitalised words that continue no name."""

PLACE_AFTER = word_set(
    "street road avenue lane drive boulevard square station park river lake bay beach university college "
    "school hospital county city town island islands mountain mountains valley airport bridge hill hills day "
    "church cathedral museum hotel company corporation inc ltd llc foundation institute prize award theorem "
    "algorithm equation law method test model effect scale style theory sequence series transform "
    "distribution inequality process function"
)
"""Words after a name that make it a place or a thing."""

PLACE_BEFORE = word_set("san santa santo sao port mount mt lake fort cape saint new north south east west hotel")
"""Words before a name that make it a place."""

NOT_AFTER_GIVEN_NAME = word_set(
    "about above africa after again age alive allah alone also always america americans another anthem any apple art "
    "asia australia away back band banner bear bed bee bells below bible big blood blooms blossoms blue book books "
    "box boy boys bread break breaking breeze britain british buddha cafe cake canada cares center centre champion "
    "children china christ city class classic clear club coast code cold color colour come comes coming constitution "
    "council country cream creek crystal cup dances dark dawn days dead death deco delight divine door down dream "
    "dreams dust each earth earthly either election embassy empire england essential eternal europe europeans even "
    "evening ever every everything eye eyes face faces fall falls fashion father festival few file files film final "
    "find finds fire first five flower forever forgive fortune four france free full future galaxy gallery game "
    "gardens garland garlands genre germans germany girl girls given gleams glow god gods goes gone government great "
    "growing grows guide guides hair half hands happy harbor harbour hath heart hearts heaven high himself history "
    "hole home horizon hour hours human ice india inside into ireland island italy jam japan jesus journal journey "
    "juice justice kingdom known language last later leaves left legs less letter library lies life light lights like "
    "lines liqueur list lives london lost low made magazine magic man many map market me men menu mexico middle "
    "midnight milk mind more morning mother movement movie much music myself nation national near neither never news "
    "night nights none notes nothing now nymph ocean oil old olympics once one only open opera orchard order out over "
    "painting part past peace people perhaps petals picture pie place planet play plays please plus poems poetry "
    "point praise prayer prayers president project promise pudding quartz question questions quite rain rather real "
    "red reef remains republic rest right rise rises room russia russians sauce scotland sea season seasons seeds "
    "semester sense seven several shadow shadows shines side signs silence silent since sing sings sister six sky "
    "sleep sleeps slow smile smiles soap society solstice some something song songs soon soul souls sound spain "
    "speech spirit springs stands stars state states stays still stop story such sun super table taken tea team tech "
    "ten term territory test text theater theatre theme thing things thorn thou though thought thoughts three through "
    "thus time times title today together tomorrow tonight too tree trees triumphant truth twilight two ukraine under "
    "united unless until up upon usage use vacation vase vehicle verse very via video view vine vision voice vote "
    "wake waking wales war warm watch water waves way week weekend well what wide wind window winds wine wings wisdom "
    "wish within without woman women wonder word words work works world worlds write year years yellow yourself zone"
)
"""Ordinary words that titles put after a word such as Grace, Art or Summer; none is among Faker's English surnames."""

ORDINARY_AFTER = word_set(
    "i you he she it we they one thou this that these those there the a an my your his her its our their any all "
    "every each some someone somebody anyone anybody everyone everybody nobody no not never ever of be"
)
"""Words after which Will, May or Grace at the start of a sentence is a verb or a thing: "Will you", "May all"."""

PERSON_VERBS = word_set(
    "is was isn't wasn't has hasn't had does doesn't did didn't would could should came comes went goes goes left "
    "leaves lives lived works worked says said asks asked tells told thinks thought knows knew wants wanted needs "
    "needed likes liked loves loved hates hated writes wrote reads read walks walked runs ran sings sang plays played "
    "sleeps slept wakes woke eats ate drinks drank buys bought pays paid owes owed calls called rings rang phones "
    "phoned emails emailed sends sent gives gave takes took makes made moved moves met meets married died dies "
    "studies studied teaches taught uses used earns earned turned turns got gets and"
)
"""Words after which a given name known from the same text stands for that person again, even first in a sentence."""
