# What was made before, cancelling, and being forgotten.

history-title = Your latest pictures. Press a number to have them again; it costs nothing.
history-none = There is nothing yet. Your pictures will be listed here, to have them again.
history-row =
    { $number }. { $prompt }{ $count ->
        [one] { "" }
       *[other] { " " }({ $count } pictures)
    } · { $unit ->
        [days] { $amount ->
            [one] 1 day ago
           *[other] { $amount } days ago
        }
        [hours] { $amount } h ago
       *[minutes] { $amount ->
            [0] just now
           *[other] { $amount } min ago
        }
    }
history-private = Your pictures are between the two of us.
history-door = 🖼 My latest pictures
sending-again =
    { $count ->
        [one] Here it comes.
       *[other] Here they come.
    }
deleted = Deleted here. /history still has it.

cancel-which = Which one shall I take back?
cancel-row =
    { $number }. { $prompt } · { $stage ->
        [drawing] being drawn
       *[waiting] waiting
    }
cancel-all = ✖️ All of them
cancel-nothing =
    { $where ->
        [group] There is nothing to cancel: you have nothing under way in this group.
       *[private] There is nothing to cancel: you have nothing under way.
    }
cancel-late =
    { $stage ->
        [cancelled] That is cancelled already.
       *[ended] Too late: that is over already.
    }
# At most 200 characters together: it is also shown as a note on a pressed button.
cancel-done =
    { $jobs ->
        [0] Nothing could be cancelled any more.
        [one] 1 request is cancelled, { cancelled-pictures }
       *[other] { $jobs } requests are cancelled, { cancelled-pictures }
    }{ $running ->
        [0] { "" }
        [one] { "\u000A" }1 request goes on and counts: the gateway charges for it already.
       *[other] { "\u000A" }{ $running } requests go on and count: the gateway charges for them already.
    }{ $coming ->
        [0] { "" }
        [one] { "\u000A" }1 request is as good as done: its pictures are coming.
       *[other] { "\u000A" }{ $coming } requests are as good as done: their pictures are coming.
    }
cancelled-pictures =
    { $pictures ->
        [one] 1 picture is
       *[other] { $pictures } pictures are
    } back in { $whose ->
        [other] their
       *[own] your
    } quota.

forget =
    Shall I forget you?

    I then delete your settings, your prompts, all pictures I made for you and all images you sent me. Messages in our chats stay: only you can delete those.

    What stays are numbers: how many pictures were made on which day, and at what price. For 32 days after your last picture I also remember that they are yours, because they count for your quota.

    This cannot be undone.
forget-yes = 🗑 Yes, forget me
forget-no = No, keep everything
forget-private = That is between the two of us.
forget-door = 🔒 Go on in private
forgotten = Done. Whatever I knew about you is gone.
forget-kept = All right, everything stays as it was.
