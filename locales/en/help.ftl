# Help, by topic.

help =
    Pictures from your words, in any language:

    /draw a fox in the snow

    Changes to a picture you send or reply to:

    /edit make it night

    What would you like to know more about?
help-back = « All topics

topic-drawing = 🎨 Drawing
topic-editing = ✏️ Editing
topic-options = 🎛 Options
topic-pictures = 🖼 Pictures and buttons
topic-settings = ⚙️ Settings and languages
topic-groups = 👥 Groups
topic-quota = 🔒 Quota and privacy

help-drawing =
    /draw and what you would like to see, in any language:

    /draw a fox in the snow
    /draw a lighthouse at dusk, oil painting --ar 16:9

    The more you say of subject, place, light and style, the closer it comes.
    Words that begin with -- are options (/help options). What you want every time, keep in /settings.
    /models shows what you can draw with.
help-editing =
    /edit and what to change:

    /edit make it night

    Write it
    • under a photo, an image file or an album, as its caption;
    • as a reply to any message with an image: yours, another's, mine, one out of an album, a sticker that does not move;
    • or on its own: I ask for the image and remember your words.

    In our private chat it goes without the command: send a photo with words under it. Without words, I ask what to change.

    Reply in words to one of my pictures to go on from it. Every step can be replied to again, in other words too; /undo brings back the picture before.

    /models tells which models edit, and how many images each takes.
help-options =
    They may stand anywhere among your words, with /draw and with /edit:

    /draw a fox in the snow --ar 16:9 --no text

    --ar 16:9   the shape, width to height
    --size 1024x768   exact pixels instead
    --n { $most }   how many pictures, { $most } at most
    --model max   another model, see /models
    --seed 7   the same seed gives a like picture again
    --no blur, text   what to leave out, up to the next option
    --raw   your words as they are, not embellished
    --file   as a file, not compressed
    --photo   as a photo, even if /settings say file

    What you leave open is as your /settings say. Not every model takes every option: /models tells.
help-pictures =
    The buttons under a picture make it again, with a new seed or several times, change it, send it as a file or delete it. They go on working after weeks. In a group, its admins say whether others may press them; those who do use their own quota.

    A reply in words to a picture changes it.

    /undo   the picture before the last change
    /history   your latest 20, to have again
    /resend   your latest once more

    Having pictures sent again costs nothing.
help-settings =
    /settings   what you always want: language, model, shape, number, photo or file, watermark, embellished prompts
    /lang   the language I speak with you; /lang zh or /lang english at once

    An option in a command goes before your settings, and your settings go before those of a group, except for its language.
help-groups =
    I read commands and replies to me, and nothing else. If other bots are there too, add my name:

    /draw@{ $bot } a fox in the snow

    I answer in the topic you write in. For /edit, reply to any picture with it, or write it as a caption; to one of my pictures, words are enough.

    Of an album I may get only the image with the caption: in groups, bots do not see the rest. Make me an admin, send the album in our private chat, or reply to one image.

    /chat   for admins: who may draw, who may press the buttons, language, model, covered pictures, pictures a day for all together (/chat limit 35 for a number of your own)
help-quota =
    /quota   what you have left today and this month, and what is under way
    /cancel   take back what you asked for, as long as that is possible
    /forgetme   delete what I keep about you: settings, prompts and pictures

    Only pictures that are made count. What fails, or is cancelled in time, is back in your quota.
    After /forgetme only numbers stay: how many pictures on which day. I ask before I delete.
