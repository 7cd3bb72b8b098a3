"""The words that key ids are read out with: 1024, short and plain; no two differ by one letter alone."""

WORDS: tuple[str, ...] = tuple(
    """
acid acorn actor adult agent alarm album almond alpine amber analog anchor animal ankle answer antler apple apricot
april apron arbor arch archive arctic arena army arrow artisan artist aspen athlete atlas atom attic august aurora
autumn avenue avocado award axle azure badger bagel baker balcony ball balloon bamboo banana banjo banner barber
barley barn barrel basin basket bassoon bath baton battery beacon bean beaver bedrock beehive beetle belt bench
bicycle binder birch bird biscuit bison blanket blaze blossom board bobbin bobcat boiler bonfire bonsai boot border
bottle boulder bracket brass bread breeze brick bright bronze broom brother brown brush bubble bucket buckle budget
buffalo bugle builder bulldog bundle bunker butter button cabbage cabin cable caboose cactus camel camera canal
canary candy canoe canvas canyon captain caramel caravan carbon cargo carpet cashew cat catalog cattle cavalry cedar
ceiling celery cello cement cereal chair chalk chamber channel chapel chart charter cheese cherry chess chicken
chief chimney chisel chorus cinema circle circus citizen citrus city clay cliff climate clinic cloth cloud clover
clown coaster cobalt cobra cockpit coconut coin collar college colony comb comet comic compass compost concert
condor copper coral cork corner cosmos costume cottage cotton couch council country cousin coyote cradle crane
crater crayon creek crest cricket crisp crocus crow crystal cube cuckoo cup curtain cushion cycle cyclone cymbal
cypress daisy delta denim dentist desert diamond diary diesel digit dinner diploma disk ditch doctor doll dolphin
domain domino door dove dragnet dragon drama drawer dream dress drift driver drop drum duck dune dungeon duty dwarf
dynamo eagle earring earth echo eclipse editor eel egg elbow elder elm emblem emerald empire enamel engine epic
equator escort essay estate evening event exhibit exit expert fabric factory falcon family farm farmer fashion
faucet feast fence fern ferry fiction fiddle field fiesta fig film filter firefly fish fjord flannel flask flax
fleet flint flock floor flute foam folder forest forge fossil fox frame freight friend frog frost fruit fuel furnace
gadget galaxy gallery garage garlic gate gazebo gazelle gecko genius gentle geyser giant giraffe glacier glass globe
glue goat goblet gold gondola goose gorilla grain grammar granite graph gravel gravy green grid grill grotto group
grove guard guest guide guitar gull gumboot gym habit haircut halibut hammer hammock hamster handle harp harpoon
harvest hawk hazel head heart hedge helmet heron herring hexagon hinge hippo history holiday hollow holly honey hook
horizon hornet horse hostel hunter hydrant iceberg icon igloo iguana image impulse inch index indigo infant insect
island ivory ivy jackdaw jacket jaguar january jasmine jaw jelly jersey jet jewel jigsaw jockey joker journal judge
juice jumper jungle junior juniper jury kayak kennel kestrel kettle keyhole kidney kiosk kitchen kite kiwi knee knot
koala label ladder ladle lady lagoon lake lamb lance lantern lark laser lasso lava lawn lawyer leader leaf legend
lemon lens leopard lesson letter lettuce lever library lighter lilac lily lime linen lion lip liquid llama lobby
lobelia lobster local locust lodge log logic lotus lounge luggage lunar lunch lung lynx lyric machine magnet magpie
mailbox maple marble margin marina mariner market maroon marsh mascot mask master meadow meerkat melody melon member
memory menu mercury merlin mesh metal meteor metro midwife mill mimosa minaret mineral minute mirror mist mitten
mixer modern monarch monk monkey monsoon month moon morning mosaic moss motel mouse movie mud mule mural muscle
museum music mustard myth napkin nation native nature navy neck nectar needle neon nephew nerve nest nickel niece
night noble noodle north nose novel nugget number nurse nut nutmeg nylon oak oasis obelisk object ocean octagon
octave octopus office olive omega omelet onyx opera optic orange orbit orchard orchid oregano organ orient origin
osprey otter outpost oval oven owl oxygen oyster pacific page pagoda paint palace palette palm pancake panda panel
panther papaya paper paprika parade parcel parent parrot parsley parsnip partner pasta patrol peach peacock peanut
pearl pebble pecan pedal pelican pencil penguin penny pepper perfume person phone photo piano pickle picnic pigeon
pilot pink pioneer pipe pirate pixel pizza planet plank plaster plate plaza plow plum poem police polo pony poplar
poppy port potato pottery powder prairie present prince prism profit prune pudding puffin pulse pump pumpkin pupil
puppet purple puzzle pyramid python quail quarry quartet quartz queen quilt quiver quiz quota rabbit raccoon radar
radio radish raft rainbow raisin rally ramp ranch ranger raven razor record reef region relic remedy report reptile
rescue resin rhubarb rhythm ribbon rice rider ridge ring ripple road robin robot rock roof rope rotor round rowboat
royal rubber ruby rudder rug ruler runner rust saddle safari saffron salad salmon salt salute samba sample sand
sandal sardine satin saturn sauce sauna sausage scale scallop scarf school science scooter scout screen scroll seal
season secret senior sequel shadow shampoo shawl sheep shell shelter sheriff shield ship shirt shore shovel shrimp
shrub sierra signal silk silver singer siren sister skate sketch ski skylark sled sleeve slipper slogan smile smoke
snail snake snow soccer socket sofa soil soldier sonar sonnet soup soy spade spark sparrow speaker sphere spice
spider spinach spiral spirit sponge spoon spruce square squid stable stadium star statue steel stem stereo stick
stool story stove straw street string studio sugar suit summer sunset surf swamp swan sweater swift swing switch
symbol syrup tablet tadpole tango tank target tartan tavern taxi teacup teapot temple tennis tent terrace terrier
textile thimble thorn thread throne thumb thunder ticket tiger timber tin titan toast toffee tomato tongue tooth
topaz torch tornado totem toucan tourist tower town tractor trail tray treaty trellis trend tribe tribune trio
trolley trophy trout trumpet trunk tuesday tulip tuna tunnel turkey turnip turtle tuxedo twig typist uncle unicorn
uniform union unit urban urchin urn vacuum valley valve vanilla vase vault velvet venture verb vessel veto viking
villa village vine vinyl violet violin vision vitamin voice volcano volume voyage vulture waffle wagon walnut walrus
waltz warden wasp watch water wave wax weasel weather web wedding whale wheat wheel whisper whistle widget willow
window winter wire wizard wolf wombat wonder wool world worm wreath wren wrist writer yacht yard year yellow yeti
yogurt youth zebra zenith zero zigzag zinc zipper zodiac zone zoo
""".split()  # noqa: SIM905 - a list of literals would fill a thousand lines
)
"""Sorted; a word stands for its place, 10 bits. The list never changes: devices and auditors must agree on it."""
