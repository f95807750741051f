# Answers to commands, and the menu.

start =
    I draw pictures from your words. Try one of these:

    /draw a fox in the snow
    /draw a lighthouse at dusk, oil painting --ar 16:9 --n 2

    /help shows every option, /models what you can draw with, /quota what you have left today.
help =
    /draw and your words, in any language. Options may stand anywhere:

    /draw a fox in the snow --ar 16:9 --n 2

    --ar 16:9   the shape, width to height
    --size 1024x768   exact pixels instead
    --n 4   that many pictures
    --model max   another model, see /models
    --seed 7   the same seed draws alike again
    --no blur, text   what to leave out, up to the next option
    --raw   your words as they are, not embellished
    --file   as a file, not compressed

    /models   what you can draw with
    /quota   what you have left today
    /cancel   take back what is not being drawn yet
hint-draw =
    Shall I draw that? Put the command before it:
    /draw a fox in the snow
    /help shows more.

models-title = You can draw with:
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
    }
quota =
    { $limit ->
        [one] Today: { $left } of 1 picture left. { renewal }
       *[other] Today: { $left } of { $limit } pictures left. { renewal }
    }
    Under way: { $running } of at most { $most }.
cancel-nothing = There is nothing to cancel: you have no drawing under way.
cancel-done =
    { $jobs ->
        [0] Nothing could be cancelled any more.
        [one] 1 drawing is cancelled, { cancelled-pictures }
       *[other] { $jobs } drawings are cancelled, { cancelled-pictures }
    }{ $running ->
        [0] { "" }
        [one] { "\u000A" }1 drawing is being made already. It goes on, because the gateway charges for it anyway.
       *[other] { "\u000A" }{ $running } drawings are being made already. They go on, because the gateway charges for them anyway.
    }
cancelled-pictures =
    { $pictures ->
        [one] 1 picture is back in your quota.
       *[other] { $pictures } pictures are back in your quota.
    }

## The command menu, at most 256 characters each

menu-draw = Draw a picture from your words
menu-models = What you can draw with
menu-quota = What you have left today
menu-cancel = Take back what is not being drawn yet
menu-help = All commands and options
menu-start = What this is, with examples
