# What went wrong, what is allowed, what to do next. One message for each problem.
# LENGTH($x) is the number of characters of a text: [0] tells that there is none.

## The command

problem-prompt-empty =
    { $kind ->
        [edit]
            What shall I change? Write it after the command:
            { $command } make it night
       *[other]
            What shall I draw? Write it after the command:
            { $command } a fox in the snow
    }
    All words after --no are things to leave out, so the prompt has to come before it.
problem-prompt-too-long =
    { $unit ->
        [tokens] Your prompt is too long for { $model }: about { $length } tokens, and { $limit } are allowed. A token is a Chinese character or about three letters.
       *[other] Your prompt is too long for { $model }: { $length } characters, and { $limit } are allowed.
    }
    Please shorten it; I never cut a prompt on my own.
problem-negative-too-long = The words after --no are too long: { $length } characters, and { $limit } are allowed. Please shorten them.
problem-command-unknown =
    { LENGTH($nearest) ->
        [0] I do not know the command { $given }.
       *[other] I do not know the command { $given }. Did you mean { $nearest }?
    }
    /help shows all there are.
problem-option-unknown =
    { LENGTH($nearest) ->
        [0] I do not know the option { $given }.
       *[other] I do not know the option { $given }. Did you mean { $nearest }?
    }
    The options are { $options }; /help explains them.
    If you meant a dash and no option, put a space after it.
problem-option-needs-value = { $option } needs a value, for example: { $example }
problem-option-twice = { $option } is there twice, and I would have to guess which one counts. Please keep one.
problem-count-impossible =
    { $limit ->
        [1] I cannot make “{ $given }” pictures: here it is one picture per command, so leave out --n.
       *[other] I cannot make “{ $given }” pictures: --n takes a whole number from 1 to { $limit }.
    }
problem-seed-impossible = “{ $given }” cannot be a seed: --seed takes a whole number from 0 to { $limit }.
problem-aspect-unreadable =
    “{ $given }” is no shape I can read. Give width and height as a ratio, no longer than 100:1:
    --ar 16:9
problem-size-unreadable =
    “{ $given }” is no size I can read. Give width and height in pixels:
    --size 1024x768
    /models lists the sizes on offer.
problem-size-and-aspect = --size and --ar both set the shape. Please keep one: --size for exact pixels, --ar for the nearest size on offer.
problem-file-and-photo = --file and --photo ask for opposite things. Please keep one.
problem-size-not-offered =
    { LENGTH($sizes) ->
        [0]
            { LENGTH($model) ->
                [0] No model here lets you choose the size: please leave out --size.
               *[other] { $model } chooses the size itself: please leave out --size, or see /models for another model.
            }
       *[other]
            { LENGTH($model) ->
                [0] No model here makes pictures of { $given }. You can have:
               *[other] { $model } does not make pictures of { $given }. You can have:
            }
            { $sizes }
            Or give a shape, such as --ar 16:9, and I take the nearest size.
    }
problem-model-unknown =
    { LENGTH($nearest) ->
        [0] There is no model “{ $given }” here.
       *[other] There is no model “{ $given }” here. Did you mean { $nearest }?
    }
    There are: { $models }
problem-option-not-taken =
    { LENGTH($able) ->
        [0] { $model } does not take { $option }, nor does any other model here: please leave it out.
       *[other]
            { $model } does not take { $option }. Leave it out, or choose with --model one that does:
            { $able }
    }
problem-kind-not-offered =
    { LENGTH($able) ->
        [0]
            { $kind ->
                [edit] No model here can edit pictures. /models shows what you can draw with.
               *[other] No model here can draw from words alone. /models shows what there is.
            }
       *[other]
            { $kind ->
                [edit] { $model } cannot edit pictures. Leave out --model, or choose one that can:
               *[other] { $model } cannot draw from words alone. Leave out --model, or choose one that can:
            }
            { $able }
    }
problem-two-commands =
    There are two commands in one message: { $first } and then { $second }. I did neither.
    Please send each as a message of its own.
problem-text-too-long = Your message is too long: { $length } characters, and I read up to { $limit }. Please shorten it.

problem-size-needs-one = { $model } takes { $option } only for one picture at a time. Leave out { $option }, or ask for one picture.
problem-shape-not-offered = { $model } cannot make { $given }. Each side may be { $least } to { $most } pixels, in steps of 16.

## Images handed in

problem-edit-needs-image =
    Which image shall I change? Send one with the command as its caption, or reply to one with it:
    /edit make it night
problem-references-too-many =
    { $limit ->
        [0] You attached images, but /draw works from words alone. Use /edit to change an image.
        [one] You attached { $given } images, and 1 is the most that can be used at once. Please attach fewer.
       *[other] You attached { $given } images, and { $limit } are the most that can be used at once. Please attach fewer.
    }
problem-reference-gone = Image { $number } is no longer to be had here. Please send it again.
problem-reference-too-large = Image { $number } is too large a file: { $limit } MB are allowed. Please send a smaller one.
problem-reference-too-many-pixels = Image { $number } has too many pixels: { $limit } million are allowed. Please send a smaller one.
problem-reference-too-small = Image { $number } is too small: it has { $width }x{ $height } pixels, and each side needs at least { $limit }.
problem-reference-too-long = Image { $number } is too long and narrow to work with: { $width }x{ $height } pixels. Please crop it.
problem-reference-not-an-image = Image { $number } is no image I can read. I take { $formats }.
problem-reference-animated = Image { $number } is animated, and I can only change still images. Please send a single frame.
problem-reference-broken = Image { $number } is damaged or incomplete. Please send it again.

problem-album-cut =
    Only one image of the album reached me, so I have not begun: in a group, bots do not see the other messages.
    Make me an admin of this group, send the album in our private chat, or reply to one image with /edit.
problem-picture-gone = I no longer have that picture. Send me the image itself, and I can go on from it.

## Buttons, settings, rights

problem-button-unknown = This button no longer leads anywhere. /help shows what can be done.
problem-job-gone = I no longer have what this button belongs to. Please draw it again with /draw.
problem-not-yours = Here only who asked for a picture may press its buttons. Ask for your own with /draw.
problem-admins-draw = In this group only admins may ask for pictures. In our private chat you can.
problem-admins-settle = Only admins of this group may change its settings.
problem-groups-only = /chat is for groups: write it there. Your own settings are in /settings.
problem-language-unknown = I do not speak “{ $given }” yet. I speak { $languages }: choose with /lang.
problem-nothing-shown =
    You have no pictures here yet. How about one?
    /draw a fox in the snow
problem-nothing-before = There is no picture before this one: it is not a change of another.
problem-forget-later =
    { $running ->
        [one] You still have a request under way. Please wait until it is finished, or take it back with /cancel. Then send /forgetme again.
       *[other] You still have { $running } requests under way. Please wait until they are finished, or take them back with /cancel. Then send /forgetme again.
    }

## Quotas

problem-quota-day =
    { $left ->
        [0] Your pictures for today are used up: { $limit ->
            [one] the limit is 1 a day.
           *[other] the limit is { $limit } a day.
        }
        [one] You asked for { $wanted } pictures, and 1 of { $limit } is left for today. Ask for that one, or wait.
       *[other] You asked for { $wanted } pictures, and { $left } of { $limit } are left for today. Ask for fewer with --n, or wait.
    }
    { renewal }
problem-quota-month =
    { $left ->
        [0] Your pictures for this month are used up: { $limit ->
            [one] the limit is 1 a month.
           *[other] the limit is { $limit } a month.
        }
        [one] You asked for { $wanted } pictures, and 1 of { $limit } is left for this month. Ask for that one, or wait.
       *[other] You asked for { $wanted } pictures, and { $left } of { $limit } are left for this month. Ask for fewer with --n, or wait.
    }
    { $days ->
        [one] The quota starts afresh tomorrow.
       *[other] The quota starts afresh in { $days } days.
    }
problem-quota-chat =
    { $left ->
        [0] This group's pictures for today are used up: { $limit ->
            [one] the limit for all together is 1 a day.
           *[other] the limit for all together is { $limit } a day.
        }
        [one] You asked for { $wanted } pictures, and 1 of { $limit } is left for this group today. Ask for that one, or wait.
       *[other] You asked for { $wanted } pictures, and { $left } of { $limit } are left for this group today. Ask for fewer with --n, or wait.
    }
    { renewal } In our private chat only your own quota counts.
problem-quota-in-flight =
    { $limit ->
        [one] You already have a request under way, and one at a time is allowed.
       *[other] You already have { $limit } requests under way, and more at a time are not allowed.
    }
    Please send this again when one is finished, or take back what is still waiting with /cancel.
problem-quota-minute =
    { $limit ->
        [one] That was quick: one request a minute is allowed.
       *[other] That was quick: { $limit } requests a minute are allowed.
    }
    { $seconds ->
        [one] Please send this again in 1 second.
       *[other] Please send this again in { $seconds } seconds.
    }
renewal =
    { $hours ->
        [0] The quota starts afresh in { $minutes } min.
       *[other] The quota starts afresh in { $hours } h { $minutes } min.
    }

## Gateways

problem-moderated = This was turned down for its content. Different words may well pass; the same words will not.
problem-gateway-refused = { $gateway } did not accept the request, and I do not see why. Please word it differently or choose another model; the operator finds the reason in the log.
problem-gateway-unauthorised = { $gateway } does not accept our key. Only the operator can mend that. Another model may work meanwhile: /models
problem-gateway-out-of-money = Our account at { $gateway } is empty. Only the operator can top it up. Another model may work meanwhile: /models
problem-model-unavailable = { $gateway } does not offer { $model } at the moment. Please choose another model (/models) or try again later.
problem-gateway-busy = { $gateway } is overloaded or cannot be reached. Please try again in a few minutes.
problem-gateway-failed = { $gateway } failed at it. Please try again in a few minutes.
problem-answer-lost =
    The answer of { $gateway } was lost on the way, so nobody here knows whether it was done. I do not repeat the request by myself, so that nothing is paid for twice.
    What you did not receive is back in your quota; send the command again if you like.
problem-result-lost = { $gateway } said it was finished, but the picture could not be had from it. Please send the command again.
problem-result-not-an-image = { $gateway } sent something that is not a picture. Please send the command again.
problem-result-too-large = { $gateway } sent a picture larger than the { $limit } MB that are taken here. Please ask for a smaller size.
problem-took-too-long =
    { $minutes ->
        [one] There was no picture after a minute, so I stopped waiting.
       *[other] There was no picture after { $minutes } minutes, so I stopped waiting.
    }
    Please try again later.
problem-no-gateway = There is nothing to draw with here yet: the operator has to set up an image gateway.

## The chat and ourselves

problem-chat-refused = This chat did not take the pictures. Please check that I may send photos and files here, then send the command again.
problem-chat-busy = The chat does not answer me just now, so I could not do that. Please try again in a moment.
problem-store-busy = I am very busy and could not take that. Nothing was changed; please send it again in a moment.
problem-stopping = I am just restarting. Nothing was changed; please send it again in a minute.
problem-internal = Something broke here. It is our mistake, not yours. Please send the command again; if it happens again, give the operator this number: { $job }
