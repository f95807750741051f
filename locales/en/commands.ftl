# Greetings, answers to commands, and the command menu.

start =
    Hello! I draw pictures from your words. Tell me what you would like to see:

    /draw a fox in the snow

    I change pictures too: send me one and say what to change, or reply to one with it:

    /edit make it night

    Reply to anything I made to go on from it. /quota tells what you have left today.
start-group =
    I draw pictures from words, and change pictures:

    /draw@{ $bot } a fox in the snow

    Reply to any picture with /edit and what to change; to one of mine, words are enough.
start-example = 🦊 Draw a fox in the snow
start-help = ❓ Help
start-settings = ⚙️ Settings
# We were added to a group.
joined =
    Hello! I draw pictures here. Try it:

    /draw@{ $bot } a fox in the snow

    Reply to any picture with /edit and what to change; to one of mine, words are enough.
    I read commands and replies to me, and nothing else. Admins say with /chat who may draw, and how much.
hint-draw =
    What shall I do with that? Put a command before it: /draw makes a picture from words, /edit changes one. Or send me a picture and say what to change.
    /draw a fox in the snow
    /edit make it night
    /help shows more.

models-title = There are these models:
models-row =
    { "" }
    { LENGTH($short) ->
        [0] --model { $name }
       *[other] --model { $name } (or { $short })
    }
    { LENGTH($sizes) ->
        [0] It chooses the size itself.
       *[other] { $sizes }
    }
    { $unit ->
        [tokens] Prompt up to { $limit } tokens
       *[other] Prompt up to { $limit } characters
    }{ $negative ->
        [yes] , takes --no
       *[no] { "" }
    }{ $seed ->
        [yes] , takes --seed
       *[no] { "" }
    }{ $images ->
        [0] { "" }
       *[other] { "\u000A" }{ $draws ->
            [yes] Also edits
           *[no] Only edits
        }, up to { $images } images
    }
quota-today =
    { $limit ->
        [one] Today: { $left } of 1 picture left. { renewal }
       *[other] Today: { $left } of { $limit } pictures left. { renewal }
    }
quota-month =
    { $limit ->
        [one] This month: { $left } of 1 picture left. It starts afresh on the 1st.
       *[other] This month: { $left } of { $limit } pictures left. They start afresh on the 1st.
    }
quota-month-used =
    { $pictures ->
        [one] This month: 1 picture so far, without a limit.
       *[other] This month: { $pictures } pictures so far, without a limit.
    }
quota-running = Under way: { $running } of at most { $most } requests.
quota-group =
    { $limit ->
        [one] All of this group together: 1 picture a day.
       *[other] All of this group together: { $limit } pictures a day.
    }

## The command menu, at most 40 characters each: more is cut on a phone

menu-draw = Draw a picture from your words
menu-edit = Change a picture: reply to one with it
menu-undo = Back to the picture before
menu-history = Your latest pictures, to have again
menu-resend = Send your latest pictures once more
menu-settings = What you always want: model, shape …
menu-models = What you can draw and edit with
menu-quota = What you have left today and this month
menu-cancel = Take back what is not finished yet
menu-lang = Choose my language (语言)
menu-help = Help on everything
menu-forgetme = Delete what I keep about you
menu-start = What this is, with an example
menu-chat = Settings of this group, for its admins
