# Menus of settings: of a person, of a group.

title-person = Your settings. They count whenever a command does not say otherwise.
title-chat = Settings of this group. Only its admins can change them.
settings-back = « Back
settings-private = Your settings are between the two of us. Admins find those of this group in /chat.
settings-door = ⚙️ Open my settings
setting-row = { $name }: { $value }

setting-language = 🌐 Language
setting-model = 🤖 Model
setting-aspect = 📐 Shape
setting-count = 🔢 Pictures
setting-output = 📎 Sent as
setting-watermark = 💧 Watermark
setting-extension = ✨ Embellish prompts
setting-drawers = 🎨 Who may draw
setting-pressers = 👆 Who may press buttons
setting-limit = 📅 Pictures a day
setting-spoiler = 🙈 Cover pictures

about-person-language = The language I speak with you. Automatic is the language of your app.
about-person-model = What draws when you do not say --model; it edits too, if it can. Automatic leaves the choice to me. /models tells more.
about-person-aspect = The shape of drawings, width to height, when you say neither --ar nor --size.
about-person-count = How many pictures you get when you do not say --n.
about-person-output = A photo is shown at once, but compressed by the chat. A file is exactly what the model made.
about-person-watermark = Whether the model puts its own mark on your pictures.
about-person-extension = Whether a model may add to short prompts. --raw switches that off for one picture.
about-chat-drawers = Who may ask for pictures here.
about-chat-pressers = Who may press the buttons under a picture: only who asked for it, or anyone on their own quota.
about-chat-language = The language I speak here. It goes before everyone's own.
about-chat-model = What draws for those who have not chosen a model themselves.
about-chat-limit = How many pictures all of this group together may have in a day. For another number write, for example, /chat limit 35
about-chat-spoiler = Whether pictures are covered here until they are tapped.

choice-automatic = Automatic
choice-on = on
choice-off = off
choice-photo = photo
choice-file = file
choice-everyone = everyone
choice-admins = admins only
choice-requester = who asked for it
choice-anyone = anyone
choice-everyones-own = everyone's own
choice-no-limit = no limit

## /lang

# What people may call this very language, separated by a comma and a space.
language-names = English, 英语, 英文
lang-set = Done. From now on I speak English with you.
lang-automatic = Done. From now on I go by the language of your app.
# In a group that has a language of its own.
lang-later = Done. I speak English with you, except here: the admins of this group chose its language.
