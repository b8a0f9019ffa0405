"""What people type when they are asked for a long passphrase: quotations, titles, proverbs, verses, and the product.

The usual examples of strong passphrases are in it too: everybody has read them. Written in small letters without
punctuation; `workbench.identity.blocklist` makes their forms.
"""

APP_WORDS = (
    *("workbench", "claude", "anthropic", "jupyter", "jupyterlab", "jupyterhub", "notebook", "researcher", "educator"),
    *(
        "student",
        "auditor",
        "analyst",
        "officer",
        "owner",
        "privacy",
        "passphrase",
        "password",
        "haiku",
        "sonnet",
        "poetry",
        "poem",
        "compose",
    ),
)
"""Words of this program and of what it is used for: a guesser tries them first (OWASP ASVS 5.0, 6.1.2)."""

DATED_WORDS = (
    *("spring", "summer", "autumn", "fall", "winter", "january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december", "monday", "tuesday", "wednesday", "thursday", "friday"),
    *("saturday", "sunday", "christmas", "easter", "holiday", "welcome", "password", "passwort", "changeme", "letmein"),
    *("login", "admin", "secret", "qwerty", "dragon", "hello", "iloveyou", "company", "school", "university"),
)
"""Words that people put a year behind when a passphrase has to be renewed: "Summer2026Summer2026"."""

PHRASES = """
correct horse battery staple
the quick brown fox
the quick brown fox jumps over the lazy dog
the quick brown fox jumped over the lazy dog
jackdaws love my big sphinx of quartz
pack my box with five dozen liquor jugs
lorem ipsum dolor sit amet
this is my password
this is my passphrase
this is a password
this is a secret
this is a passphrase
this is not a password
my password is password
my secret password
my secret passphrase
my new password
my super secret password
super secret password
password is password
change this password
please change me
please let me in
let me in please
let me in let me in
open sesame open sesame
i forgot my password
i dont know the password
i hate passwords
i hate long passwords
correct password
incorrect password
your password is incorrect
enter password here
type your password here
fifteen characters
fifteen characters or more
at least fifteen characters
six random words
six random words are strong
hello my name is
hello world hello world
welcome to the jungle
welcome to my world
welcome to the workbench
i love you so much
i love you forever
i love you more than anything
i will always love you
love you to the moon and back
i love my family
i love my wife and kids
i love my husband
i love my children
live laugh love
live long and prosper
may the force be with you
may the fourth be with you
the force will be with you
luke i am your father
no i am your father
a long time ago in a galaxy far far away
in a galaxy far far away
do or do not there is no try
these are not the droids you are looking for
winter is coming
you know nothing jon snow
valar morghulis valar dohaeris
one ring to rule them all
you shall not pass
my precious my precious
not all those who wander are lost
speak friend and enter
i solemnly swear that i am up to no good
mischief managed
the boy who lived
expecto patronum
to be or not to be
to be or not to be that is the question
shall i compare thee to a summers day
romeo romeo wherefore art thou romeo
all the worlds a stage
friends romans countrymen lend me your ears
if music be the food of love play on
once upon a midnight dreary
quoth the raven nevermore
two roads diverged in a yellow wood
the road not taken
do not go gentle into that good night
i wandered lonely as a cloud
because i could not stop for death
hope is the thing with feathers
tyger tyger burning bright
it was the best of times it was the worst of times
it is a truth universally acknowledged
call me ishmael
happy families are all alike
it was a bright cold day in april
big brother is watching you
war is peace freedom is slavery ignorance is strength
in the beginning
in the beginning was the word
in the beginning god created the heaven and the earth
in the beginning god created the heavens and the earth
the lord is my shepherd
the lord is my shepherd i shall not want
our father who art in heaven
for god so loved the world
jesus is my savior
jesus loves me this i know
god is love and love is god
god bless america
in god we trust
praise the lord
twinkle twinkle little star
twinkle twinkle little star how i wonder what you are
mary had a little lamb
humpty dumpty sat on a wall
row row row your boat
three blind mice
three blind mice see how they run
hickory dickory dock
itsy bitsy spider
baa baa black sheep
jack and jill went up the hill
old macdonald had a farm
happy birthday to you
merry christmas and a happy new year
we wish you a merry christmas
jingle bells jingle bells
roses are red violets are blue
roses are red
an apple a day keeps the doctor away
a penny saved is a penny earned
actions speak louder than words
all that glitters is not gold
better late than never
dont worry be happy
every cloud has a silver lining
practice makes perfect
the early bird catches the worm
time is money
where there is a will there is a way
you cant always get what you want
carpe diem carpe diem
carpe diem seize the day
veni vidi vici
cogito ergo sum
i think therefore i am
alea iacta est
per aspera ad astra
e pluribus unum
semper fidelis
we the people of the united states
we hold these truths to be self evident
four score and seven years ago
i have a dream
ask not what your country can do for you
one small step for man
that is one small step for man
life liberty and the pursuit of happiness
give me liberty or give me death
god save the queen
god save the king
rule britannia
never gonna give you up
never gonna give you up never gonna let you down
stairway to heaven
bohemian rhapsody
is this the real life is this just fantasy
hotel california
highway to hell
smells like teen spirit
another brick in the wall
we are the champions
we will rock you
dont stop believing
let it be let it be
all you need is love
yellow submarine
here comes the sun
hey jude dont make it bad
imagine all the people
i want to hold your hand
born in the usa
sweet home alabama
sweet child of mine
somewhere over the rainbow
you are my sunshine
you are my sunshine my only sunshine
what a wonderful world
always look on the bright side of life
knights who say ni
hasta la vista baby
ill be back
houston we have a problem
here is looking at you kid
heres looking at you kid
frankly my dear i dont give a damn
life is like a box of chocolates
i am your father
i see dead people
to infinity and beyond
just keep swimming
hakuna matata
supercalifragilisticexpialidocious
with great power comes great responsibility
why so serious
i am iron man
i am the one who knocks
i am batman
the cake is a lie
all your base are belong to us
would you like to play a game
shall we play a game
the answer is forty two
the meaning of life is 42
do androids dream of electric sheep
i for one welcome our new robot overlords
resistance is futile
beam me up scotty
to boldly go where no man has gone before
space the final frontier
elementary my dear watson
winner winner chicken dinner
manchester united
liverpool football club
you will never walk alone
youll never walk alone
new england patriots
dallas cowboys
new york yankees
golden state warriors
peanut butter and jelly
chocolate chip cookies
pneumonoultramicroscopicsilicovolcanoconiosis
antidisestablishmentarianism
honorificabilitudinitatibus
one two three four five
one two three four five six
one two three four five six seven
un deux trois quatre cinq
eins zwei drei vier fuenf
uno dos tres cuatro cinco
monday tuesday wednesday
monday tuesday wednesday thursday friday
january february march
spring summer autumn winter
red orange yellow green blue
alpha bravo charlie
alpha bravo charlie delta
alpha beta gamma delta
north south east west
eenie meenie miney mo
rock paper scissors
mickey mouse donald duck
""".strip().splitlines()
"""One a line; some are shorter than 15 characters by themselves and count with what is put behind them."""
