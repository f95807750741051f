# 出了什么问题、允许什么、接下来怎么办：每种问题一条文案。
# LENGTH($x) 是文字的字数，[0] 表示没有内容。

## 命令

problem-prompt-empty =
    { $kind ->
        [edit]
            想改什么？写在命令后面，例如：
            { $command } 改成夜晚
       *[other]
            想画什么？把画面写在命令后面，例如：
            { $command } 雪地里的一只狐狸
    }
    --no 后面的词都算“不要出现的内容”，所以要求请写在它前面。
problem-prompt-too-long =
    { $unit ->
        [tokens] 提示词太长了：{ $model } 最多接受 { $limit } 个 token，你写了大约 { $length } 个。一个汉字约为 1 个 token，英文约 3 个字母为 1 个。
       *[other] 提示词太长了：{ $model } 最多接受 { $limit } 个字符，你写了 { $length } 个。
    }
    请精简后再发，我不会擅自删改你的提示词。
problem-negative-too-long = --no 后面的内容太长了：最多 { $limit } 个字符，你写了 { $length } 个，请精简后再发。
problem-command-unknown =
    { LENGTH($nearest) ->
        [0] 没有 { $given } 这个命令。
       *[other] 没有 { $given } 这个命令，你是想用 { $nearest } 吗？
    }
    发送 /help 查看全部命令。
problem-option-unknown =
    { LENGTH($nearest) ->
        [0] 没有 { $given } 这个选项。
       *[other] 没有 { $given } 这个选项，你是想用 { $nearest } 吗？
    }
    可用的选项：{ $options }。用法见 /help。
    如果这里只是破折号，请在它后面加一个空格。
problem-option-needs-value = { $option } 后面要跟一个值，例如：{ $example }
problem-option-twice = { $option } 写了两次，我不确定该用哪一个，请只保留一个。
problem-count-impossible =
    { $limit ->
        [1] 无法做“{ $given }”张：这里每条命令只做 1 张，请去掉 --n。
       *[other] 无法做“{ $given }”张：--n 要写 1 到 { $limit } 之间的整数。
    }
problem-seed-impossible = “{ $given }”不能用作种子：--seed 要写 0 到 { $limit } 之间的整数。
problem-aspect-unreadable =
    看不懂“{ $given }”这个比例。请写成“宽:高”，长边与短边之比不超过 100:1，例如：
    --ar 16:9
problem-size-unreadable =
    看不懂“{ $given }”这个尺寸。请写宽和高的像素数，例如：
    --size 1024x768
    发送 /models 查看可选的尺寸。
problem-size-and-aspect = --size 和 --ar 都在指定画面形状，请只留一个：--size 指定确切像素，--ar 选用最接近的尺寸。
problem-file-and-photo = --file 和 --photo 只能二选一，请只留一个。
problem-size-not-offered =
    { LENGTH($sizes) ->
        [0]
            { LENGTH($model) ->
                [0] 这里的模型都不支持指定尺寸，请去掉 --size。
               *[other] { $model } 不支持指定尺寸，请去掉 --size，或用 /models 看看别的模型。
            }
       *[other]
            { LENGTH($model) ->
                [0] 没有模型支持 { $given } 这个尺寸。可选：
               *[other] { $model } 不支持 { $given } 这个尺寸。可选：
            }
            { $sizes }
            也可以只写比例，例如 --ar 16:9，我会选最接近的尺寸。
    }
problem-model-unknown =
    { LENGTH($nearest) ->
        [0] 没有“{ $given }”这个模型。
       *[other] 没有“{ $given }”这个模型，你是想用 { $nearest } 吗？
    }
    可用的模型：{ $models }
problem-option-not-taken =
    { LENGTH($able) ->
        [0] { $model } 不支持 { $option }，这里的其他模型也不支持，请去掉它。
       *[other]
            { $model } 不支持 { $option }。请去掉它，或用 --model 换一个支持的模型：
            { $able }
    }
problem-kind-not-offered =
    { LENGTH($able) ->
        [0]
            { $kind ->
                [edit] 这里还没有能改图的模型。发送 /models 查看可用的模型。
               *[other] 这里没有能直接用文字画图的模型。发送 /models 查看可用的模型。
            }
       *[other]
            { $kind ->
                [edit] { $model } 不能改图。请去掉 --model，或换一个可以的模型：
               *[other] { $model } 不能直接用文字画图。请去掉 --model，或换一个可以的模型：
            }
            { $able }
    }
problem-two-commands =
    一条消息里有两个命令：{ $first } 和 { $second }，两个都没有执行。
    请分成两条消息发送。
problem-text-too-long = 消息太长了：最多 { $limit } 个字符，你发了 { $length } 个，请精简后再发。

problem-size-needs-one = { $model } 只有一次做一张时才支持 { $option }。请去掉 { $option }，或只要一张。
problem-shape-not-offered = { $model } 做不了 { $given }。每条边可以是 { $least } 到 { $most } 像素，且为 16 的倍数。

## 附带的图片

problem-edit-needs-image =
    要改哪张图？发图时把命令写在说明里，或用命令回复一张图片：
    /edit 改成夜晚
problem-references-too-many =
    { $limit ->
        [0] 你附带了图片，但 /draw 只按文字来画。要改图请用 /edit。
       *[other] 你附带了 { $given } 张图片，一次最多只能用 { $limit } 张，请少附几张。
    }
problem-reference-gone = 第 { $number } 张图片已经取不到了，请重新发送。
problem-reference-too-large = 第 { $number } 张图片文件太大：最大 { $limit } MB，请换小一点的。
problem-reference-too-many-pixels = 第 { $number } 张图片像素太多：最多 { $limit } 百万像素，请换小一点的。
problem-reference-too-small = 第 { $number } 张图片太小：只有 { $width }x{ $height } 像素，每条边至少要 { $limit } 像素。
problem-reference-too-long = 第 { $number } 张图片太狭长，处理不了：{ $width }x{ $height } 像素，请裁剪后再发。
problem-reference-not-an-image = 第 { $number } 张不是我能读的图片。支持 { $formats }。
problem-reference-animated = 第 { $number } 张是动图，我只能改静态图片，请发送其中一帧。
problem-reference-broken = 第 { $number } 张图片损坏或不完整，请重新发送。

problem-album-cut =
    相册里只有一张图发到了我这里，所以还没有开始：机器人在群里看不到其余的消息。
    可以把我设为本群管理员，在私聊里发给我，或用 /edit 回复其中一张图。
problem-picture-gone = 这张图我已经没有了。把图片直接发给我，就能接着改。

## 按钮、设置和权限

problem-button-unknown = 这个按钮已经失效了。发送 /help 看看能做什么。
problem-job-gone = 这个按钮对应的图我已经没有了，请用 /draw 重新画。
problem-not-yours = 这里只有要图的人能按它下面的按钮。可以用 /draw 画一张自己的。
problem-admins-draw = 这个群里只有管理员可以画图。你可以在私聊里找我画。
problem-admins-settle = 只有本群管理员可以修改群设置。
problem-groups-only = /chat 要在群里用。你自己的设置在 /settings。
problem-language-unknown = 我还不会说“{ $given }”。我会说：{ $languages }，用 /lang 选择。
problem-nothing-shown =
    你在这里还没有图。来一张？
    /draw 雪地里的一只狐狸
problem-nothing-before = 这张图之前没有别的图：它不是由另一张改来的。
problem-forget-later = 你还有 { $running } 个任务在进行。请等它们完成，或用 /cancel 撤回，然后再发一次 /forgetme

## 额度

problem-quota-day =
    { $left ->
        [0] 今天的额度用完了，每天可以画 { $limit } 张。
       *[other] 你要画 { $wanted } 张，而今天 { $limit } 张的额度只剩 { $left } 张。可以用 --n 少画几张，或等额度恢复。
    }
    { renewal }
problem-quota-month =
    { $left ->
        [0] 本月的额度用完了，每月可以画 { $limit } 张。
       *[other] 你要画 { $wanted } 张，而本月 { $limit } 张的额度只剩 { $left } 张。可以用 --n 少画几张，或等额度恢复。
    }
    { $days ->
        [1] 额度将在明天恢复。
       *[other] 额度将在 { $days } 天后恢复。
    }
problem-quota-chat =
    { $left ->
        [0] 本群今天的额度用完了，全群每天一共可以画 { $limit } 张。
       *[other] 你要画 { $wanted } 张，而本群今天 { $limit } 张的额度只剩 { $left } 张。可以用 --n 少画几张，或等额度恢复。
    }
    { renewal }在私聊里画，只算你自己的额度。
problem-quota-in-flight =
    你已有 { $limit } 个任务在进行，这是同时进行的上限。
    请等其中一个完成后再发，也可以用 /cancel 撤回还在排队的任务。
problem-quota-minute =
    发得太快了：每分钟最多 { $limit } 次。
    请在 { $seconds } 秒后再发。
renewal =
    { $hours ->
        [0] 额度将在 { $minutes } 分钟后恢复。
       *[other] 额度将在 { $hours } 小时 { $minutes } 分钟后恢复。
    }

## 绘图服务

problem-moderated = 内容审核没有通过。换个说法也许可以，原样重发不会通过。
problem-gateway-refused = { $gateway } 没有接受这次请求，原因我也不清楚。请换个说法或换个模型；管理员可以在日志里查到原因。
problem-gateway-unauthorised = { $gateway } 不认可我们的密钥，需要管理员处理。你可以先换个模型试试：/models
problem-gateway-out-of-money = 我们在 { $gateway } 的余额用完了，需要管理员充值。你可以先换个模型试试：/models
problem-model-unavailable = { $gateway } 暂时不提供 { $model }。请换个模型（/models），或稍后再试。
problem-gateway-busy = { $gateway } 太忙或暂时连不上，请过几分钟再试。
problem-gateway-failed = { $gateway } 处理时出错了，请过几分钟再试。
problem-answer-lost =
    { $gateway } 的回复在途中丢失了，无法确定它有没有完成。为了不重复付费，我不会自动重发这次请求。
    没有收到的图片已退回你的额度；需要的话，请再发一次命令。
problem-result-lost = { $gateway } 说已经画好了，但图片取不到。请再发一次命令。
problem-result-not-an-image = { $gateway } 发来的不是图片。请再发一次命令。
problem-result-too-large = { $gateway } 发来的图片超过了 { $limit } MB 的上限。请换小一点的尺寸。
problem-took-too-long =
    等了 { $minutes } 分钟还没有画好，我不再等了。
    请稍后再试。
problem-no-gateway = 现在还画不了图：需要管理员先配置绘图服务。

## 聊天与我们自己

problem-chat-refused = 图片没能发到这个聊天里。请确认我可以在这里发送图片和文件，然后再发一次命令。
problem-chat-busy = 聊天平台暂时没有回应，这次没能完成。请稍等片刻再试。
problem-store-busy = 我现在太忙，这条没能处理，什么都没有改动。请稍等片刻再发一次。
problem-stopping = 我正在重启，什么都没有改动。请一分钟后再发一次。
problem-internal = 我这边出错了，不是你的问题。请再发一次命令；如果还是不行，请把这个编号告诉管理员：{ $job }
