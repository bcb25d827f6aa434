/**
 * The blocklist (NIST SP 800-63B-4 section 3.1.1.2), gathered by hand for this repository: words that head every list of
 * stolen passwords, and the long sayings people reach for when length is demanded. Each stands for all its disguises:
 * rules.ts takes away case, spaces, look-alike signs, digits and signs at the ends, and repetition before it looks here.
 */
const words = `
password passwort passwd passphrase passcode pass word secret geheim motdepasse contrasena contrasenya senha parola haslo heslo
wachtwoord losenord kennwort salasana adgangskode passord sifre jelszo lozinka mypassword thepassword newpassword oldpassword
yourpassword ourpassword onepassword passwordpass passworda passwords password1word nopassword nopass admin administrator root
toor superuser supervisor sysadmin manager master masterkey user username guest test testing tester testtest default changeme
changeit changethis changemenow pleasechange letmein letmeinnow openup opensesame sesame access accessme login logmein signin
welcome welcomeback welcomehome willkommen bienvenue bienvenido bienvenidos hello hellothere helloworld helloyou hallo hallowelt
bonjour hola ciao salut aloha goodbye goodmorning goodnight thankyou please sorry whatever nothing something anything everything
nobody somebody anybody everybody iloveyou iloveu iloveyousomuch iloveyouforever iloveme ilovehim iloveher ilovemom ilovemyself
ilovegod ilovejesus ilovemylife ilovemyfamily ilovecats ilovedogs ilovemusic lovely loveme loveyou lovelove loverboy lovers lover
love loving ichliebedich tequiero teamo jetaime tiamo volim miamor amor amore mylove truelove mybaby babygirl babyboy baby
babydoll bestfriend bestfriends friends forever friend family mother father mommy daddy mama papa brother sister grandma grandpa
qwerty qwertyu qwertyui qwertyuiop qwertz qwertzu qwertzuiop azerty azertyui azertyuiop asdf asdfg asdfgh asdfghj asdfghjk
asdfghjkl zxcv zxcvb zxcvbn zxcvbnm yxcvbnm qazwsx qazwsxedc wsxedc qweasd qweasdzxc qweqwe asdasd zxczxc qwerasdf asdfzxcv
qwertyasdf qwertyuiopasdfghjklzxcvbnm qwertyuiopasdfghjkl qawsed qaywsx poiuyt lkjhgf mnbvcxz abc abcd abcde abcdef abcdefg
abcdefgh abcdefghijklmnopqrstuvwxyz aaaa aaaaaa xxxx xxxxxx abcabc xyzxyz trewq ytrewq q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6 1q2w3e4r
1q2w3e4r5t 1q2w3e4r5t6y 1q2w3e 1qaz2wsx 1qaz2wsx3edc 1qaz2wsx3edc4rfv zaq12wsx zaq1zaq1 zaq1xsw2 a1b2c3 a1b2c3d4 a1b2c3d4e5 a1s2d3f4
1a2b3c 1a2b3c4d abc123abc 123abc123 123qwe 123qweasd 123qweasdzxc qwe123 qwe123qwe asd123 zxc123 12qwaszx 1234qwer qwer1234 a123456
q123456 p4ssw0rd dragon dragons monkey monkeys shadow sunshine princess princesa prinzessin prinses football soccer baseball
basketball hockey volleyball softball tennis golfer golf rugby cricket swimming cycling running skating skateboard snowboard
surfing surfer fishing hunter hunting gymnast wrestling boxing karate cheer cheerleader superman batman spiderman ironman
wolverine superstar superhero hulk thor avengers starwars startrek skywalker darthvader vader yoda jedi chewbacca hansolo
starwarsfan maytheforcebewithyou theforce matrix trinity neo morpheus gandalf frodo bilbo legolas aragorn sauron hobbit
lordoftherings onering myprecious harrypotter hermione dumbledore gryffindor slytherin hogwarts voldemort alohomora pokemon
pikachu charizard bulbasaur naruto sasuke sakura goku vegeta dragonball onepiece zelda link mario luigi yoshi sonic tails
minecraft fortnite roblox callofduty warcraft worldofwarcraft starcraft diablo counterstrike halo halflife doom quake tetris
pacman nintendo playstation xbox sega atari gamer gaming player player1 killer killme killall assassin ninja samurai warrior
viking knight pirate wizard witch vampire zombie dracula phantom ghost demon devil satan lucifer hell heaven angel angels
angelo angela angelito angelica jesus jesuschrist christ jesusislord jesuslovesme godisgood godisgreat godislove godbless
injesusname blessed faith hope grace mercy glory praise amen hallelujah church christian catholic muslim allah mohammed buddha
krishna ganesh shiva freedom liberty justice peace victory champion winner legend king queen prince emperor royal
michael jordan jennifer jessica ashley nicole daniel michelle andrew joshua matthew jonathan anthony robert william richard
charles charlie thomas thomas1 george james john david joseph christopher brandon justin austin tyler jason kevin brian steven
stephen patrick ryan adam eric aaron alexander alexandra alexis alex samantha amanda andrea stephanie melissa elizabeth
victoria rebecca rachel vanessa natalie natasha sabrina sandra patricia barbara maria marina martina anna annabelle hannah
sarah laura linda lisa julia juliette sophie sophia olivia emily emma chloe zoe maggie molly lucy daisy bella ginger pepper
buster rocky max maxwell jake jack jackson harley cooper bailey tucker bandit buddy lucky shadow1 smokey midnight princess1
tigger tiger tigers lion lions bear bears panther jaguar cheetah leopard wolf wolves eagle eagles falcon hawk raven phoenix
dolphin dolphins shark whale turtle penguin panda koala bunny rabbit kitten kitty hellokitty cat cats dog dogs doggy puppy horse
horses pony chicken duck cow pig piglet snoopy scooby scoobydoo mickey minnie mickeymouse donald donaldduck goofy pluto
winnie winniethepooh poohbear simba nemo stitch tinkerbell cinderella barbie elsa anna1 frozen letitgo spongebob garfield
simpson homer bart simpsons southpark cartman rickandmorty friends1 gameofthrones winteriscoming hodor khaleesi dracarys
cookie cookies chocolate candy sugar honey sweetie sweetheart sweet cupcake brownie muffin cheese cheesecake pizza burger
hamburger taco burrito banana bananas apple apples orange oranges cherry cherries strawberry blueberry peaches peach lemon
mango kiwi coconut pineapple watermelon tomato potato carrot onion bacon butter peanut peanutbutter pumpkin coffee tea
whiskey vodka tequila heineken guinness budweiser corona beer wine cocacola pepsi sprite redbull mountaindew starbucks
mcdonalds summer winter spring autumn fall sommer winter1 fruehling herbst january february march april may june july august
september october november december monday tuesday wednesday thursday friday saturday sunday weekend birthday happybirthday
christmas merrychristmas halloween easter newyear happynewyear valentine holiday vacation morning evening midnight1
red blue green yellow purple pink black white silver gold golden orange1 brown grey rainbow diamond diamonds crystal ruby
emerald pearl sapphire star stars moon moonlight sun sunny sunset sunrise sunflower flower flowers rose roses lily violet
jasmine orchid butterfly dragonfly ladybug bumblebee spider scorpion cobra viper snake python rattlesnake snow snowball
snowflake snowman rain thunder lightning storm hurricane tornado ocean river beach island mountain forest garden earth
planet galaxy universe cosmos mars jupiter saturn venus mercury apollo zeus athena hercules odin poseidon achilles spartan
trojan rome roma paris london berlin madrid barcelona lisbon lisboa porto moscow tokyo newyork newyorkcity chicago boston
dallas denver houston miami orlando phoenix1 seattle california florida texas hawaii america american canada australia
england scotland ireland france germany deutschland spain espana italy italia brazil brasil argentina mexico portugal poland
polska russia china japan india pakistan africa europe arsenal chelsea liverpool manchester manchesterunited united everton
barcelona1 realmadrid juventus acmilan inter bayern bayernmunich borussia dortmund schalke ajax benfica sporting celtic
rangers yankees redsox lakers cowboys steelers packers broncos raiders patriots giants dodgers cubs warriors bulls celtics
ferrari porsche mercedes bmw audi volkswagen toyota honda yamaha suzuki kawasaki ducati harleydavidson mustang camaro
corvette chevy chevrolet ford dodge jeep subaru nissan lamborghini mclaren formula racing turbo nascar speed
computer internet laptop keyboard monitor windows microsoft linux ubuntu debian macbook iphone ipad android samsung google
gmail yahoo hotmail facebook twitter instagram youtube myspace linkedin amazon netflix spotify paypal bitcoin ethereum
cisco oracle database server system network security secure firewall router password123admin hacker hackers hacking
cyber cyberpunk digital software hardware program developer java javascript php mysql wordpress docker kubernetes jenkins
tomcat postgres postgresql mongodb redis elastic grafana ansible vagrant raspberry raspberrypi pi temp temporary tempo demo
example sample company corporate business office work working job money cash dollar dollars million millionaire rich
success happy happiness smile smiley lucky1 luckyday beautiful pretty handsome gorgeous sexy sexygirl sexyboy hottie cutie
cutiepie fuckyou fuckme fuckoff fuck fucker motherfucker asshole bitch bastard bullshit shit shithead pussy penis dick
biteme kissme kisses hugs hugsandkisses suckit screwyou stupid idiot loser crazy insane freak weirdo nerd geek cool
coolguy coolgirl awesome amazing fantastic excellent perfect wonderful great thebest numberone number1 music guitar piano
drummer drums bass metal metallica slipknot nirvana linkinpark greenday blink eminem tupac biggie snoop rapper hiphop
rocknroll rockstar beatles elvis michaeljackson madonna britney rihanna beyonce shakira justinbieber onedirection bts
blackpink taylorswift ladygaga coldplay u2 acdc ironmaiden pinkfloyd queen1 abba dance dancer dancing singer singing
artist painter photo camera movie movies television doctor nurse lawyer police fireman soldier army navy marine marines
airforce sniper gun guns bullet bomb rocket missile student teacher school college university student1 class graduate
science physics chemistry biology math history english spanish french german italian junior senior babe honeybunny
sweetpea precious treasure princesse soleil chouchou doudou loulou nounours marseille azerty1 jetaime1 coucou
schatz schatzi hase mausi liebe liebling engel sonnenschein fussball hallo1 passwort1 deutschland1 schalke04 frankfurt
hamburg muenchen berlin1 estrella corazon bonita princesa1 mariposa chocolate1 felicidad familia hermosa carlos
alejandro fernando eduardo ricardo daniela gabriela valentina camila sebastian santiago diego antonio manuel francisco
giuseppe francesco alessandro andrea1 matteo lorenzo giulia chiara valentino stella bambina calcio napoli milano
monkeyboy flower1 whatever1 iamgod iamking iamthebest imthebest iamtheone whoami whatthehell whatthefuck wtf lol lmao
trustno trustnoone trustme trustno1 imissyou missyou comeon letsgo gogogo runaway getout goaway leavemealone shutup
fuckthis fuckthisshit blahblah blahblahblah blah foobar foo foobarbaz barfoo asdfjkl testpassword testuser test123test
mustang1 ncc1701 thx1138 bond007 jamesbond james007 rush2112 blink182 sum41 abc123 area51 route66 catch22 apollo13
`;

const sayings = `
correct horse battery staple; this is my password; this is a password; this is my new password; this is my secret;
this is a very long password; this is a long password; my voice is my passport; my name is; my password is password;
the password is password; i forgot my password; i hate passwords; i dont know my password; enter your password;
type your password here; please let me in; let me in please; open the door; the quick brown fox;
the quick brown fox jumps over the lazy dog; lorem ipsum; lorem ipsum dolor; lorem ipsum dolor sit amet;
to be or not to be; to be or not to be that is the question; once upon a time; happily ever after;
may the force be with you; luke i am your father; i am your father; live long and prosper; beam me up scotty;
winter is coming; you shall not pass; you know nothing jon snow; one ring to rule them all; the truth is out there;
houston we have a problem; ill be back; i will be back; hasta la vista baby; here is looking at you kid;
frankly my dear i dont give a damn; life is like a box of chocolates; life is beautiful; la vita e bella; carpe diem;
hakuna matata; all you need is love; i will always love you; i love you so much; i love you forever; i love you more;
love you forever; never gonna give you up; dont worry be happy; dont stop believing; we are the champions;
we will rock you; stairway to heaven; highway to hell; smells like teen spirit; twinkle twinkle little star;
mary had a little lamb; humpty dumpty; happy birthday to you; we wish you a merry christmas;
merry christmas and a happy new year; in god we trust; god is good all the time; god bless america;
the lord is my shepherd; jesus christ is lord; i can do all things through christ; our father who art in heaven;
one two three four five; one two three four; one two three; onetwothreefourfivesix; eins zwei drei vier;
un deux trois quatre; uno dos tres cuatro; abcdefghijklmnop; a b c d e f g; supercalifragilisticexpialidocious;
antidisestablishmentarianism; pneumonoultramicroscopicsilicovolcanoconiosis; llanfairpwllgwyngyll;
donaudampfschifffahrtsgesellschaft; rindfleischetikettierung; liberte egalite fraternite; ich liebe dich;
ich liebe dich fuer immer; das ist mein passwort; das ist ein passwort; mein name ist hase; sesam oeffne dich;
te amo mucho; te quiero mucho; je t aime; je t aime pour toujours; password password password;
winter summer spring autumn; spring summer autumn winter; monday tuesday wednesday; january february march;
red green blue; red orange yellow green blue; qwerty asdfgh zxcvbn; changeme please; change me please;
change this password; welcome to the jungle; welcome to paradise; hello my name is; hello is it me youre looking for;
real madrid club de futbol; manchester united football club; glory glory man united; youll never walk alone;
you never walk alone; come on you gunners; mia san mia; forza juventus; i love my mom and dad; i love my wife;
i love my husband; i love my children; i love my kids; i love my dog; i love my cat; my little pony; hello kitty;
the lord of the rings; harry potter and the; star wars the force awakens; game of thrones; world of warcraft;
league of legends; legend of zelda; grand theft auto; call of duty modern warfare;
`;

/** Lower case, without spaces. */
export const common: ReadonlySet<string> = new Set([
  ...words.split(/\s+/u).filter(Boolean),
  ...sayings
    .split(';')
    .map((saying) => saying.replace(/\s/gu, ''))
    .filter(Boolean),
]);
