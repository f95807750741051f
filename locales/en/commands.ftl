# Answers to commands, and the menu.

start =
    I draw pictures from your words. Try one of these:

    /draw a fox in the snow
    /draw a lighthouse at dusk, oil painting --ar 16:9 --n 2

    I change pictures too: send one with this as its caption, or reply to one with it:

    /edit make it night

    /help shows every option, /models what you can draw with, /quota what you have left today.
help =
    /draw and your words, in any language. The options below may stand anywhere:

    /draw a fox in the snow --ar 16:9 --n 2

    /edit changes a picture: write it under the picture, or as a reply to one:

    /edit make it night

    --ar 16:9   the shape, width to height
    --size 1024x768   exact pixels instead
    --n 4   that many pictures
    --model max   another model, see /models
    --seed 7   the same seed gives a like picture again
    --no blur, text   what to leave out, up to the next option
    --raw   your words as they are, not embellished
    --file   as a file, not compressed

    /models   what you can draw and edit with
    /quota   what you have left today
    /cancel   take back what has not been begun
hint-draw =
    What shall I do with that? Put a command before it: /draw makes a picture from words, /edit changes the one it is sent with or replies to.
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
quota =
    { $limit ->
        [one] Today: { $left } of 1 picture left. { renewal }
       *[other] Today: { $left } of { $limit } pictures left. { renewal }
    }
    Under way: { $running } of at most { $most }.
cancel-nothing = There is nothing to cancel: you have nothing under way.
cancel-done =
    { $jobs ->
        [0] Nothing could be cancelled any more.
        [one] 1 request is cancelled, { cancelled-pictures }
       *[other] { $jobs } requests are cancelled, { cancelled-pictures }
    }{ $running ->
        [0] { "" }
        [one] { "\u000A" }1 request is being worked on already. It goes on, because the gateway charges for it anyway.
       *[other] { "\u000A" }{ $running } requests are being worked on already. They go on, because the gateway charges for them anyway.
    }
cancelled-pictures =
    { $pictures ->
        [one] 1 picture is back in your quota.
       *[other] { $pictures } pictures are back in your quota.
    }

## The command menu, at most 256 characters each

menu-draw = Draw a picture from your words
menu-edit = Change a picture: reply to one with it
menu-models = What you can draw and edit with
menu-quota = What you have left today
menu-cancel = Take back what has not been begun
menu-help = All commands and options
menu-start = What this is, with examples
