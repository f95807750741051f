# 设置菜单：个人的和群组的。

title-person = 你的设置，命令里没有写明时就按这些来。
title-chat = 本群设置，只有管理员可以修改。
settings-back = « 返回
settings-private = 你的设置只在私聊里看。管理员可以用 /chat 修改本群设置。
settings-door = ⚙️ 打开我的设置
setting-row = { $name }：{ $value }

setting-language = 🌐 语言
setting-model = 🤖 模型
setting-aspect = 📐 比例
setting-count = 🔢 张数
setting-output = 📎 发送方式
setting-watermark = 💧 水印
setting-extension = ✨ 润色提示词
setting-drawers = 🎨 谁能画图
setting-pressers = 👆 谁能按按钮
setting-limit = 📅 每天张数
setting-spoiler = 🙈 遮挡图片

about-person-language = 我和你说哪种语言。“自动”是跟随应用的语言。
about-person-model = 没写 --model 时用哪个模型画；它能改图的话，改图也用它。“自动”由我来选。详见 /models
about-person-aspect = 没写 --ar 和 --size 时，画图用的宽高比例。
about-person-count = 没写 --n 时画几张。
about-person-output = 照片直接显示，但会被压缩；文件就是模型画出的原图。
about-person-watermark = 是否让模型在图上加它自己的水印。
about-person-extension = 是否让模型润色你的提示词。单次不要的话，加上 --raw。
about-chat-drawers = 谁可以在这里画图。
about-chat-pressers = 图片下面的按钮谁能按：只有要图的人，或者任何人，各用各的额度。
about-chat-language = 我在这里说哪种语言，优先于每个人自己的设置。
about-chat-model = 自己没有选模型的人，用哪个模型画。
about-chat-limit = 全群每天一共可以画几张。要用别的数字，可以这样写：/chat limit 35
about-chat-spoiler = 图片是否先遮挡，点一下才显示。

choice-automatic = 自动
choice-on = 开
choice-off = 关
choice-photo = 照片
choice-file = 文件
choice-everyone = 所有人
choice-admins = 仅管理员
choice-requester = 要图的人
choice-anyone = 任何人
choice-everyones-own = 随各人设置
choice-no-limit = 不限

## /lang

# 人们对本语言的叫法，以逗号加空格分隔。
language-names = 中文, 简体中文, 汉语, 简体, chinese, zhongwen
lang-set = 好的，以后我和你说中文。
lang-automatic = 好的，以后跟随你应用的语言。
# 在自己设了语言的群里。
lang-later = 好的，以后我和你说中文；不过这个群的语言由管理员指定，这里不变。
